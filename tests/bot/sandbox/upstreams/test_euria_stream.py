"""How EurIA's stream looks on the wire, and when it stops."""

import time

import aiohttp
import pytest
from harness.sandbox_clients import EuriaApi

from bot.sandbox.euria import Behaviour, EuriaStandIn
from bot.sandbox.faults import Fault, FaultKind

_PROMPT = "Describe the album Homogenic by Björk."


async def test_stream_has_the_shape_of_an_openai_stream(euria_api: EuriaApi) -> None:
    answer = await euria_api.ask(_PROMPT, stream_options={"include_usage": True})

    assert (answer.status, answer.content_type) == (200, "text/event-stream")
    assert answer.deltas[0] == {"role": "assistant", "content": ""}
    assert answer.finish_reasons == ["stop"]
    assert answer.objects[-1]["choices"] == []
    assert answer.objects[-1]["usage"]["total_tokens"] > 100
    assert answer.data[-1] == "[DONE]"
    assert answer.raw.endswith(b"data: [DONE]\n\n")
    assert {each["object"] for each in answer.objects} == {"chat.completion.chunk"}


async def test_usage_is_only_sent_when_it_is_asked_for(euria_api: EuriaApi) -> None:
    answer = await euria_api.ask(_PROMPT)

    assert all("usage" not in each for each in answer.objects)


async def test_pieces_are_one_to_three_words_that_add_up_to_the_text(euria_api: EuriaApi) -> None:
    answer = await euria_api.ask(_PROMPT)

    pieces = [each["content"] for each in answer.deltas if each.get("content")]
    assert max(len(piece.split()) for piece in pieces) <= 3
    assert answer.text == euria_api.stand_in.chats[0].text


async def test_stream_comes_at_the_pace_it_was_set_to(euria_api: EuriaApi) -> None:
    euria_api.stand_in.behaviour = Behaviour(first_token_seconds=0.1, chunk_seconds=0.005)
    started_at = time.perf_counter()

    answer = await euria_api.ask(_PROMPT)

    pieces = len(answer.deltas) - 2
    assert time.perf_counter() - started_at >= 0.1 + (pieces - 1) * 0.005


async def test_reasoning_comes_before_the_text_and_beside_it(euria_api: EuriaApi) -> None:
    euria_api.stand_in.behaviour.reasoning_pieces = 3

    answer = await euria_api.ask(_PROMPT)

    assert ["reasoning" in each for each in answer.deltas[1:5]] == [True, True, True, False]
    assert answer.text.startswith("*Homogenic*")


async def test_think_block_opens_the_text(euria_api: EuriaApi) -> None:
    euria_api.stand_in.behaviour.think_block = True

    answer = await euria_api.ask(_PROMPT)

    assert answer.text.startswith("<think>")
    assert "</think>\n\n*Homogenic*" in answer.text


async def test_keep_alives_are_comments(euria_api: EuriaApi) -> None:
    euria_api.stand_in.behaviour.ping_every = 5

    answer = await euria_api.ask(_PROMPT)

    assert answer.raw.count(b": ping\n\n") >= 3
    assert answer.data[-1] == "[DONE]"


async def test_lines_may_end_in_crlf_and_data_may_have_no_space(euria_api: EuriaApi) -> None:
    euria_api.stand_in.behaviour.crlf = True
    euria_api.stand_in.behaviour.space_after_colon = False

    answer = await euria_api.ask(_PROMPT)

    assert answer.raw.endswith(b"data:[DONE]\r\n\r\n")
    assert b"data: " not in answer.raw
    assert b"\n" not in answer.raw.replace(b"\r\n", b"")


async def test_characters_are_cut_across_segments(euria_api: EuriaApi) -> None:
    euria_api.stand_in.behaviour.split_utf8 = True

    answer = await euria_api.ask(_PROMPT)

    assert any(0x80 <= chunk[0] < 0xC0 for chunk in answer.chunks)
    assert "Björk" in answer.text


async def test_error_event_ends_the_stream_in_band(euria_api: EuriaApi) -> None:
    euria_api.stand_in.behaviour.error_after = 4

    answer = await euria_api.ask(_PROMPT)

    assert answer.status == 200
    assert len([each for each in answer.objects if "choices" in each]) == 5
    assert answer.objects[-1]["error"]["code"] == 500
    assert answer.data[-1] != "[DONE]"


@pytest.mark.parametrize("after", [0, 6])
async def test_no_done_ends_without_reason_or_marker(euria_api: EuriaApi, after: int) -> None:
    euria_api.stand_in.faults.set(Fault(kind=FaultKind.NO_DONE, after=after))

    answer = await euria_api.ask(_PROMPT)

    whole = euria_api.stand_in.chats[0].text
    assert answer.error is None
    assert answer.finish_reasons == []
    assert "[DONE]" not in answer.data
    assert (answer.text == whole) is (after == 0)
    assert whole.startswith(answer.text)


async def test_cut_in_the_stream_is_a_reset_after_some_pieces(euria_api: EuriaApi) -> None:
    euria_api.stand_in.faults.set(Fault(kind=FaultKind.CUT_IN_BODY, after=5))

    answer = await euria_api.ask(_PROMPT)

    assert isinstance(answer.error, aiohttp.ClientPayloadError)
    assert len(answer.deltas) == 1 + 5


async def test_stall_in_the_stream_lasts_until_the_client_leaves(
    euria_api: EuriaApi, euria: EuriaStandIn
) -> None:
    euria.faults.set(Fault(kind=FaultKind.STALL, after=5))
    timeout = aiohttp.ClientTimeout(sock_read=0.2)

    async with euria_api.session.post(
        euria_api.url,
        json=euria_api.body(_PROMPT),
        headers=euria_api.headers,
        timeout=timeout,
    ) as response:
        with pytest.raises(aiohttp.SocketTimeoutError):
            await response.read()

    await euria.idle()
    assert euria.aborted_streams == 1


async def test_stall_with_an_end_lets_the_stream_go_on(euria_api: EuriaApi) -> None:
    euria_api.stand_in.faults.set(Fault(kind=FaultKind.STALL, after=5, seconds=0.1))
    started_at = time.perf_counter()

    answer = await euria_api.ask(_PROMPT)

    assert time.perf_counter() - started_at >= 0.1
    assert answer.data[-1] == "[DONE]"


async def test_faults_strike_whole_answers_too(euria_api: EuriaApi) -> None:
    euria_api.stand_in.faults.set(Fault(kind=FaultKind.CUT_IN_BODY))

    answer = await euria_api.ask(_PROMPT, stream=False)

    assert isinstance(answer.error, aiohttp.ClientPayloadError)


async def test_client_that_leaves_ends_the_production_at_once(
    euria_api: EuriaApi, euria: EuriaStandIn
) -> None:
    euria.behaviour = Behaviour(first_token_seconds=0.0, chunk_seconds=0.02)

    async with euria_api.session.post(
        euria_api.url, json=euria_api.body(_PROMPT), headers=euria_api.headers
    ) as response:
        await response.content.readany()
        assert euria.in_flight == 1

    left_at = time.perf_counter()
    await euria.idle()
    assert euria.aborted_streams == 1
    assert time.perf_counter() - left_at < 1.0
    assert (euria.finished_streams, euria.in_flight) == (0, 0)


async def test_client_that_leaves_before_the_first_word_is_noticed_too(
    euria_api: EuriaApi, euria: EuriaStandIn
) -> None:
    euria.behaviour = Behaviour(first_token_seconds=30.0)

    async with euria_api.session.post(
        euria_api.url, json=euria_api.body(_PROMPT), headers=euria_api.headers
    ):
        pass

    await euria.idle()
    assert euria.aborted_streams == 1


async def test_stop_cuts_a_running_stream(
    session: aiohttp.ClientSession,
) -> None:
    async with EuriaStandIn(behaviour=Behaviour(first_token_seconds=30.0)) as stand_in:
        euria_api = EuriaApi(
            stand_in=stand_in,
            session=session,
            headers={"Authorization": f"Bearer {stand_in.token}"},
        )
        async with session.post(euria_api.url, json=euria_api.body("x"), headers=euria_api.headers):
            started_at = time.perf_counter()
            await stand_in.stop()

    assert time.perf_counter() - started_at < 1.0
