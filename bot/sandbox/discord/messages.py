"""Messages as a person sees them, with every version they went through."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, IntFlag

from bot.sandbox.discord import components as component_tree
from bot.sandbox.discord.places import Channel, User
from bot.sandbox.discord.snowflakes import Json


class MessageFlag(IntFlag):
    """The message flags that matter here."""

    NONE = 0
    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    COMPONENTS_V2 = 1 << 15


class MessageKind(IntEnum):
    """The message types that matter here."""

    DEFAULT = 0
    REPLY = 19
    CHAT_INPUT_COMMAND = 20
    CONTEXT_MENU_COMMAND = 23


@dataclass(frozen=True, slots=True, kw_only=True)
class Pings:
    """Whom a message notifies; falsy when nobody."""

    users: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    everyone: bool = False

    def __bool__(self) -> bool:
        return bool(self.users or self.roles or self.everyone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file on the stand-in's CDN."""

    id: int
    filename: str
    content_type: str
    url: str
    data: bytes
    description: str | None = None
    ephemeral: bool = False

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageVersion:
    """What a message showed from one moment on.

    Attributes:
        at: Monotonic time of the create or edit, in seconds.
        pings: Whom this version would notify; Discord parses an edit anew.
    """

    at: float
    content: str = ""
    embeds: tuple[Json, ...] = ()
    components: tuple[Json, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    flags: MessageFlag = MessageFlag.NONE
    pings: Pings = Pings()

    @property
    def thinking(self) -> bool:
        """Whether Discord shows "is thinking…" in place of a text."""
        return MessageFlag.LOADING in self.flags

    @property
    def uses_components_v2(self) -> bool:
        """Whether the components are the whole message."""
        return MessageFlag.COMPONENTS_V2 in self.flags

    @property
    def body(self) -> str:
        """The text without what is written on buttons and menus."""
        return "\n".join(
            line for line in (self.content, *self._embed_lines(), *self._displays()) if line
        )

    @property
    def text(self) -> str:
        """All readable text in reading order, labels of V2 controls included."""
        if self.uses_components_v2:
            return "\n".join(component_tree.readable(self.components))
        return self.body

    @property
    def shows_something(self) -> bool:
        """Whether there is anything to see: Discord refuses messages without."""
        embeds = any(set(embed) - {"type", "color"} for embed in self.embeds)
        return bool(self.content.strip() or embeds or self.components or self.attachments)

    def _displays(self) -> list[str]:
        return component_tree.texts(self.components)

    def _embed_lines(self) -> list[str]:
        lines: list[str] = []
        for embed in self.embeds:
            lines.append((embed.get("author") or {}).get("name") or "")
            lines += [embed.get("title") or "", embed.get("description") or ""]
            for field in embed.get("fields") or ():
                lines += [field["name"], field["value"]]
            lines.append((embed.get("footer") or {}).get("text") or "")
        return lines


class Message:
    """One message; its current look is that of its last version."""

    def __init__(
        self,
        *,
        message_id: int,
        channel: Channel,
        author: User,
        first: MessageVersion,
        kind: MessageKind = MessageKind.DEFAULT,
        only_for: User | None = None,
        metadata: Json | None = None,
        reference: "Message | None" = None,
    ) -> None:
        """Make a message that was just created.

        Args:
            message_id: Its snowflake.
            channel: Where it stands.
            author: Who wrote it.
            first: What it shows.
            kind: Discord's message type.
            only_for: The one person who can see an ephemeral message.
            metadata: `interaction_metadata` of an answer to an interaction.
            reference: The message it replies to.
        """
        self.id = message_id
        self.channel = channel
        self.author = author
        self.kind = kind
        self.only_for = only_for
        self.metadata = metadata
        self.reference = reference
        self.created_at = datetime.now(UTC)
        self.edited_at: datetime | None = None
        self.deleted_at: float | None = None
        self.versions: list[MessageVersion] = [first]

    def __repr__(self) -> str:
        marks = [word for word in ("deleted", "ephemeral", "thinking") if getattr(self, word)]
        return f"<Message {self.id} in {self.channel.key} {marks} {self.text!r:.300}>"

    @property
    def current(self) -> MessageVersion:
        """The last version."""
        return self.versions[-1]

    @property
    def deleted(self) -> bool:
        """Whether it is gone."""
        return self.deleted_at is not None

    @property
    def ephemeral(self) -> bool:
        """Whether only one person sees it."""
        return MessageFlag.EPHEMERAL in self.flags

    @property
    def thinking(self) -> bool:
        """Whether it shows "is thinking…"."""
        return self.current.thinking and not self.deleted

    @property
    def flags(self) -> MessageFlag:
        """Discord's message flags."""
        return self.current.flags

    @property
    def content(self) -> str:
        """The plain text, without embeds and components."""
        return self.current.content

    @property
    def embeds(self) -> tuple[Json, ...]:
        """The embeds as received."""
        return self.current.embeds

    @property
    def components(self) -> tuple[Json, ...]:
        """The top-level components as received, with the ids Discord gave them."""
        return self.current.components

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """The files."""
        return self.current.attachments

    @property
    def pings(self) -> Pings:
        """Whom the current version would notify."""
        return self.current.pings

    @property
    def text(self) -> str:
        """All readable text of the current version in reading order, joined by newlines."""
        return self.current.text

    @property
    def buttons(self) -> list[Json]:
        """The buttons in reading order, links and disabled ones included."""
        walked = component_tree.walk(self.components)
        return [c for c in walked if c["type"] == component_tree.ComponentType.BUTTON]

    @property
    def selects(self) -> list[Json]:
        """The select menus in reading order, disabled ones included."""
        walked = component_tree.walk(self.components)
        return [c for c in walked if c["type"] in component_tree.SELECTS]

    def find(self, custom_id: str) -> Json | None:
        """Return the control with that custom id on the current version, or None."""
        return component_tree.find(self.components, custom_id)

    def show(self, version: MessageVersion) -> None:
        """Replace what the message shows."""
        self.versions.append(version)
        self.edited_at = datetime.now(UTC)

    def delete(self) -> None:
        """Take the message away; its versions stay for whoever wants to look."""
        self.deleted_at = time.monotonic()
