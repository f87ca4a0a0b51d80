"""How the EurIA stand-in speaks: its cadence and the oddities of real streams."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Behaviour:
    """Switches that hold for every answer until they are changed.

    Attributes:
        first_token_seconds: Silence before the first word.
        chunk_seconds: Pause before each further piece of one to three words.
        ping_every: A `: ping` comment before every so-many-th piece; 0 for none.
        reasoning_pieces: Pieces of `delta.reasoning` before the answer.
        think_block: The text begins with a `<think>` block, as older models write.
        split_utf8: Events arrive in two TCP segments, cut inside a character where one is long.
        crlf: Lines end in CR LF.
        space_after_colon: `data: {…}`; otherwise `data:{…}`.
        error_after: An `{"error": …}` event ends the stream after this many pieces; None for never.
        finish_reason: Why a whole answer ended; `length` also cuts it short.
        json_answer: A request for a stream is answered with one JSON document.
        varied: Asking the same again gives another text; otherwise the same one.
    """

    first_token_seconds: float = 0.25
    chunk_seconds: float = 0.045
    ping_every: int = 0
    reasoning_pieces: int = 0
    think_block: bool = False
    split_utf8: bool = False
    crlf: bool = False
    space_after_colon: bool = True
    error_after: int | None = None
    finish_reason: str = "stop"
    json_answer: bool = False
    varied: bool = False
