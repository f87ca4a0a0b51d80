"""Turns the body of a send or an edit into what the message then shows, or refuses it."""

import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from http import HTTPStatus

from bot.sandbox.discord import components as component_tree
from bot.sandbox.discord.errors import ApiError, ErrorTree, Path, empty_message
from bot.sandbox.discord.files import FileStore, Upload
from bot.sandbox.discord.forms import Form
from bot.sandbox.discord.media import resolve_media
from bot.sandbox.discord.mentions import parse_pings
from bot.sandbox.discord.message_checks import check_message
from bot.sandbox.discord.messages import Attachment, MessageFlag, MessageVersion
from bot.sandbox.discord.payloads import ATTACHMENT_SIZE_LIMIT
from bot.sandbox.discord.places import Channel
from bot.sandbox.discord.snowflakes import Json

_SETTABLE = (
    MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.COMPONENTS_V2
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A send or an edit as received.

    Attributes:
        body: The message's members.
        uploads: The files that came with it.
        channel: Where the message stands.
        default_pings: Kinds of mentions that notify when `allowed_mentions` is left out.
        base: What the message showed before; None for a new one.
        ephemeral: Whether only one person will see it.
        path: Where the message stands in the request, for error paths.
    """

    body: Json
    uploads: Sequence[Upload]
    channel: Channel
    default_pings: frozenset[str]
    base: MessageVersion | None = None
    ephemeral: bool = False
    path: Path = ()


class Composer:
    """Applies drafts."""

    def __init__(self, files: FileStore) -> None:
        """Store uploads in `files`."""
        self._files = files

    def compose(self, draft: Draft) -> MessageVersion:
        """Return what the message shows once the draft is applied.

        Raises:
            ApiError: 50035 for broken limits, 50006 for an empty message, 40005 for a large file.
        """
        base = draft.base or MessageVersion(at=0.0)
        flags = _flags(draft, base)
        _check(draft, base, flags)
        attachments = self._attachments(draft, base)
        version = MessageVersion(
            at=time.monotonic(),
            content=str(draft.body.get("content", base.content) or "").strip(),
            embeds=tuple(deepcopy(draft.body.get("embeds", base.embeds) or ())),
            components=tuple(deepcopy(draft.body.get("components", base.components) or ())),
            attachments=attachments,
            flags=flags,
        )
        component_tree.complete(version.components)
        resolve_media(version, self._files, draft.path)
        if not (version.shows_something or draft.body.get("poll") or draft.body.get("sticker_ids")):
            raise empty_message()
        return _with_pings(version, draft)

    def _attachments(self, draft: Draft, base: MessageVersion) -> tuple[Attachment, ...]:
        if any(len(upload.data) > ATTACHMENT_SIZE_LIMIT for upload in draft.uploads):
            raise ApiError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, 40005, "Request entity too large")
        listed = draft.body.get("attachments")
        described = {str(entry.get("id")): entry for entry in listed or ()}
        kept = [a for a in base.attachments if listed is None or str(a.id) in described]
        added = [
            self._files.add(
                channel=draft.channel,
                filename=described.get(str(upload.index), {}).get("filename") or upload.filename,
                description=described.get(str(upload.index), {}).get("description"),
                data=upload.data,
                ephemeral=draft.ephemeral,
            )
            for upload in draft.uploads
        ]
        return (*kept, *added)


def _flags(draft: Draft, base: MessageVersion) -> MessageFlag:
    asked = MessageFlag(int(draft.body.get("flags") or 0) & int(_SETTABLE))
    flags = asked if draft.body.get("flags") is not None else base.flags & _SETTABLE
    lasting = base.flags & MessageFlag.COMPONENTS_V2
    ephemeral = MessageFlag.EPHEMERAL if draft.ephemeral else MessageFlag.NONE
    return flags | lasting | ephemeral


def _check(draft: Draft, base: MessageVersion, flags: MessageFlag) -> None:
    tree = ErrorTree()
    v2 = MessageFlag.COMPONENTS_V2 in flags
    body = draft.body
    if v2:
        # What an edit leaves standing counts as well.
        body = {"content": base.content, "embeds": list(base.embeds)} | body
    form = Form(body, tree, draft.path)
    asked = body.get("flags")
    if (
        base.uses_components_v2
        and asked is not None
        and not int(asked) & int(MessageFlag.COMPONENTS_V2)
    ):
        message = "The IS_COMPONENTS_V2 flag cannot be removed"
        form.fail("flags", "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG", message)
    check_message(form, v2=v2)
    tree.raise_if_any()


def _with_pings(version: MessageVersion, draft: Draft) -> MessageVersion:
    changed = {"content", "components"} & set(draft.body)
    if draft.base is not None and not changed:
        pings = draft.base.pings
    else:
        texts = (version.content, *component_tree.texts(version.components))
        allowed = draft.body.get("allowed_mentions")
        pings = parse_pings(texts, draft.channel, allowed, draft.default_pings)
    return replace(version, pings=pings)
