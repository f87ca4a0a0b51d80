"""How the EurIA stand-in speaks: its cadence and the oddities of real streams."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Behaviour:
    """Switches that hold for every answer until they are changed.

    Attributes:
        first_token_seconds: Silence before the first word.
        chunk_seconds: Pause before each further piece of one to three words.
        ping_every: A `: ping` comment before every so-many-th piece; 0 for none.
        reasoning_pieces: Pieces of reasoning before the answer.
        reasoning_field: Where they stand in a delta: `reasoning`, or `reasoning_content`.
        thinking_tokens: What thinking takes of the tokens that the answer may have; nothing when
            the request turns it off (`"reasoning_effort": "none"`).
        think_block: The text begins with a `<think>` block, as older models write.
        opens_think: That block has its opening tag.
        closes_think: It has its closing tag.
        split_utf8: Events arrive in two TCP segments, cut inside a character where one is long.
        crlf: Lines end in CR LF.
        space_after_colon: `data: {…}`; otherwise `data:{…}`.
        error_after: An `{"error": …}` event ends the stream after this many pieces; None for never.
        finish_reason: Why a whole answer ended; `length` and `content_filter` also cut it short.
        withholds: The filter takes the whole text, not only its second half.
        refuses: The model politely declines.
        hangs_at_end: After the finish reason neither usage nor end comes.
        is_retired: The model that the settings name is no longer served.
        json_answer: A request for a stream is answered with one JSON document.
        varied: Asking the same again gives another text; otherwise the same one.
    """

    first_token_seconds: float = 0.25
    chunk_seconds: float = 0.045
    ping_every: int = 0
    reasoning_pieces: int = 0
    reasoning_field: str = "reasoning"
    thinking_tokens: int = 0
    think_block: bool = False
    opens_think: bool = True
    closes_think: bool = True
    split_utf8: bool = False
    crlf: bool = False
    space_after_colon: bool = True
    error_after: int | None = None
    finish_reason: str = "stop"
    withholds: bool = False
    refuses: bool = False
    hangs_at_end: bool = False
    is_retired: bool = False
    json_answer: bool = False
    varied: bool = False
