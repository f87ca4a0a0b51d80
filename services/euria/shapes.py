"""The JSON of EurIA's answers, as far as we read it."""

import msgspec

NULL = msgspec.Raw(b"null")


class Delta(msgspec.Struct):
    """A text increment; ``reasoning`` is a model thinking aloud and never shown."""

    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None


class Choice(msgspec.Struct):
    """One choice of a chunk; a plain answer carries ``message`` instead of ``delta``."""

    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: str | None = None


class Chunk(msgspec.Struct):
    """One event of a stream, or a whole answer; ``choices`` is empty in the usage chunk.

    An error carries ``error``, or ``code`` beside its text. What does not decide whether there is
    text is kept raw: a surprise in it must not end a stream.
    """

    choices: list[Choice] = msgspec.field(default_factory=list)
    error: msgspec.Raw = msgspec.field(default_factory=lambda: NULL)
    code: msgspec.Raw = msgspec.field(default_factory=lambda: NULL)
    usage: msgspec.Raw = msgspec.field(default_factory=lambda: NULL)


class UsageShape(msgspec.Struct):
    """The token counts of an answer."""

    prompt_tokens: int
    completion_tokens: int = 0


class Model(msgspec.Struct):
    """One row of the list of models."""

    id: str


class Models(msgspec.Struct):
    """The list of models."""

    data: list[Model]
