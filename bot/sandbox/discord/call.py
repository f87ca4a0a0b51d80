"""A REST request as the handlers get it, and what they answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeAlias

from bot.sandbox.discord.errors import ApiError
from bot.sandbox.discord.files import Upload
from bot.sandbox.discord.snowflakes import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, its body already read.

    Attributes:
        params: The path's parameters by their OpenAPI names.
        query: The query's parameters.
        body: The JSON body, or `payload_json` of a multipart one; None when empty.
        uploads: The files of a multipart body.
    """

    params: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    uploads: Sequence[Upload] = ()

    @property
    def form(self) -> Json:
        """The body as an object; an absent one is empty.

        Raises:
            ApiError: 400, it is something else.
        """
        if self.body is None:
            return {}
        if not isinstance(self.body, dict):
            message = "The request body contains invalid JSON."
            raise ApiError(HTTPStatus.BAD_REQUEST, 50109, message)
        return self.body


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers; a body of None means an empty one."""

    body: object = None
    status: int = HTTPStatus.OK


NOTHING = Reply(status=HTTPStatus.NO_CONTENT)

Handler: TypeAlias = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """One address: handlers change state in one go, so they need not be coroutines.

    Attributes:
        template: Path below `/api/v10`, with the OpenAPI's parameter names.
        needs_token: Whether the bot's token must be sent; the addresses of interactions and
            webhooks carry their own.
    """

    method: str
    template: str
    handler: Handler
    needs_token: bool = True
