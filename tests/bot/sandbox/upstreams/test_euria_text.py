"""What EurIA says, and whom it refuses."""

import json
from typing import Any

import aiohttp
import pytest
from harness.sandbox_clients import EuriaApi

from bot.sandbox.catalogue import Album, default_catalogue
from bot.sandbox.euria import EuriaStandIn
from bot.sandbox.euria.prose import compose, find_subject

_PROMPT = "Describe the album Homogenic by Björk."


async def test_whole_answer_is_one_document(euria_api: EuriaApi) -> None:
    answer = await euria_api.ask(_PROMPT, stream=False)

    body = json.loads(answer.raw)
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert body["object"] == "chat.completion"
    assert body["choices"][0]["finish_reason"] == "stop"
    assert "Homogenic" in body["choices"][0]["message"]["content"]
    assert body["usage"]["completion_tokens"] > 0


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        pytest.param(_PROMPT, ["Homogenic", "Björk", "1997"], id="album in English"),
        pytest.param(
            "Réponds en français. Décris l'album Moon Safari du duo Air.",
            ["Moon Safari", "Air", "1998", "paraît"],
            id="album in French",
        ),
        pytest.param("Describe the artist Talking Heads", ["Remain In Light"], id="artist"),
        pytest.param('Tell me about "dub techno"', ["dub techno"], id="topic"),
        pytest.param("Can you say something about Tago Mago?", ["Tago Mago", "Can"], id="title"),
    ],
)
async def test_answer_is_about_what_was_asked(
    euria_api: EuriaApi, prompt: str, expected: list[str]
) -> None:
    answer = await euria_api.ask(prompt)

    assert [each for each in expected if each not in answer.text] == []


@pytest.mark.parametrize(
    ("prompt", "least", "most"),
    [
        pytest.param("Describe the album Nevermind by Nirvana", 500, 900, id="short"),
        pytest.param("Décris l'album Nevermind de Nirvana en français", 500, 900, id="court"),
        pytest.param("Nevermind by Nirvana in two sentences", 100, 420, id="brief"),
        pytest.param("Write a long text on Nevermind by Nirvana", 1_500, 2_100, id="long"),
        pytest.param("Un texte long en français sur Nevermind de Nirvana", 1_500, 2_100, id="fr"),
        pytest.param("Tell me about the artist Radiohead", 500, 900, id="artist"),
        pytest.param('A long text about "tape loops"', 1_500, 2_100, id="long topic"),
    ],
)
async def test_answer_has_the_length_that_was_asked_for(
    euria_api: EuriaApi, prompt: str, least: int, most: int
) -> None:
    answer = await euria_api.ask(prompt)

    assert least <= len(answer.text) <= most


async def test_haiku_has_three_lines(euria_api: EuriaApi) -> None:
    answer = await euria_api.ask("Write a haiku about Kind of Blue")

    assert len(answer.text.splitlines()) == 3


@pytest.mark.parametrize("album", [pytest.param(a, id=a.key) for a in default_catalogue().albums])
def test_every_album_can_be_described(album: Album) -> None:
    prompt = f"Describe the album {album.title} by {album.artist}"

    found = find_subject(prompt, default_catalogue())
    text = compose(prompt, default_catalogue())

    assert found.album is album
    assert album.title in text
    assert "{" not in text


@pytest.mark.parametrize(
    "prompt",
    [
        pytest.param("Can you recommend music to discover on a horse?", id="ordinary words"),
        pytest.param("What is the air speed of a low tool?", id="short names"),
    ],
)
def test_ordinary_words_are_no_albums(prompt: str) -> None:
    subject = find_subject(prompt, default_catalogue())

    assert (subject.album, subject.artist_albums) == (None, ())


async def test_same_prompt_gets_the_same_text_unless_varied(euria_api: EuriaApi) -> None:
    first, second = await euria_api.ask(_PROMPT), await euria_api.ask(_PROMPT)
    euria_api.stand_in.behaviour.varied = True
    third, fourth = await euria_api.ask(_PROMPT), await euria_api.ask(_PROMPT)

    assert first.text == second.text == third.text
    assert fourth.text != third.text


async def test_token_budget_cuts_the_text_short(euria_api: EuriaApi) -> None:
    answer = await euria_api.ask(_PROMPT, max_tokens=20)

    assert len(answer.text) == 80
    assert answer.finish_reasons == ["length"]


async def test_finish_reason_length_cuts_the_text_short(euria_api: EuriaApi) -> None:
    whole = await euria_api.ask(_PROMPT)
    euria_api.stand_in.behaviour.finish_reason = "length"
    answer = await euria_api.ask(_PROMPT)

    assert whole.text.startswith(answer.text)
    assert len(answer.text) < len(whole.text)
    assert answer.finish_reasons == ["length"]


async def test_stream_request_may_be_answered_with_a_document(euria_api: EuriaApi) -> None:
    euria_api.stand_in.behaviour.json_answer = True

    answer = await euria_api.ask(_PROMPT)

    assert answer.content_type == "application/json"
    assert json.loads(answer.raw)["choices"][0]["message"]["content"]


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", "Basic sandbox-euria-token"])
async def test_bad_token_answers_401_in_the_envelope(
    euria: EuriaStandIn, session: aiohttp.ClientSession, authorization: str
) -> None:
    headers = {"Authorization": authorization} if authorization else {}

    async with session.get(f"{euria.api_url}/models", headers=headers) as response:
        body = await response.json()

    assert response.status == 401
    assert body == {
        "result": "error",
        "error": {"code": "not_authorized", "description": "Authorization required"},
    }


async def test_models_are_listed(euria_api: EuriaApi) -> None:
    async with euria_api.session.get(
        f"{euria_api.stand_in.api_url}/models", headers=euria_api.headers
    ) as response:
        body = await response.json()

    assert body["object"] == "list"
    assert euria_api.stand_in.model in [each["id"] for each in body["data"]]


@pytest.mark.parametrize(
    ("change", "attribute"),
    [
        pytest.param({"model": "mixtral"}, "model", id="unknown model"),
        pytest.param({"model": None}, "model", id="no model"),
        pytest.param({"messages": []}, "messages", id="no messages"),
    ],
)
async def test_invalid_request_answers_422_in_the_envelope(
    euria_api: EuriaApi, change: dict[str, Any], attribute: str
) -> None:
    answer = await euria_api.ask(_PROMPT, **change)

    body = json.loads(answer.raw)
    assert (answer.status, body["result"]) == (422, "error")
    assert body["error"]["code"] == "validation_failed"
    assert body["error"]["errors"][0]["context"]["attribute"] == attribute
    assert euria_api.stand_in.chats == []


async def test_json_object_format_is_refused_by_the_model_server(euria_api: EuriaApi) -> None:
    answer = await euria_api.ask(_PROMPT, response_format={"type": "json_object"})

    assert answer.status == 400
    assert json.loads(answer.raw)["error"]["type"] == "BadRequestError"


async def test_body_that_is_no_json_answers_400(euria_api: EuriaApi) -> None:
    async with euria_api.session.post(
        euria_api.url, data=b"{", headers=euria_api.headers
    ) as response:
        assert response.status == 400


async def test_wrong_path_answers_404(euria_api: EuriaApi) -> None:
    async with euria_api.session.get(
        f"{euria_api.stand_in.url}/2/ai/7/openai/v1/models", headers=euria_api.headers
    ) as response:
        assert response.status == 404
        assert (await response.json())["code"] == "method_not_found"


async def test_chats_are_recorded(euria_api: EuriaApi) -> None:
    await euria_api.ask("What is a matrix number?", temperature=0.7)

    chat = euria_api.stand_in.chats[0]
    assert chat.prompt == "What is a matrix number?"
    assert chat.body["temperature"] == 0.7
    assert euria_api.stand_in.requests[0].headers["Authorization"] == "Bearer ***"
    assert euria_api.stand_in.requests[0].status == 200
