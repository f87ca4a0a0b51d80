"""What the stream report says about the versions of a message."""

import pytest

from bot.sandbox.discord import DiscordStandIn, Message, MessageFlag, MessageVersion, stream_report


def _streamed(*versions: tuple[float, str]) -> Message:
    stand_in = DiscordStandIn()
    first = MessageVersion(at=100.0, flags=MessageFlag.LOADING)
    channel = stand_in.channels["general"]
    message = Message(message_id=1, channel=channel, author=stand_in.bot_user, first=first)
    for at, content in versions:
        message.show(MessageVersion(at=100.0 + at, content=content))
    return message


def test_report_of_a_well_streamed_message() -> None:
    report = stream_report(_streamed((0.5, "a"), (1.75, "ab"), (3.0, "abc")))

    assert report.edits == 3
    assert report.seconds_to_first_text == 0.5
    assert report.seconds_in_all == 3.0
    assert report.gaps == (0.5, 1.25, 1.25)
    assert report.worst_window == 3
    assert report.grows
    assert (report.empty_versions, report.equal_versions, report.rewrites) == (0, 0, 0)
    assert report.final_text == "abc"


@pytest.mark.parametrize(
    ("versions", "field", "expected"),
    [
        pytest.param(((1, "ab"), (2, " ")), "empty_versions", 1, id="empty"),
        pytest.param(((1, "ab"), (2, "ab")), "equal_versions", 1, id="equal"),
        pytest.param(((1, "ab"), (2, "a")), "grows", False, id="shrinks"),
        pytest.param(((1, "ab"), (2, "xyz")), "rewrites", 1, id="rewritten"),
        pytest.param(((1, "a"), (2, "ab"), (7, "abc")), "worst_window", 2, id="window"),
        pytest.param(((1, " "),), "seconds_to_first_text", None, id="never any text"),
    ],
)
def test_report_tells_what_went_wrong(
    versions: tuple[tuple[float, str], ...], field: str, expected: object
) -> None:
    assert getattr(stream_report(_streamed(*versions)), field) == expected
