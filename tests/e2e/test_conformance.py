"""The check on REST bodies itself: present, exact, and able to fail."""

import pytest
from harness.bots import RunningBot, final_message
from harness.openapi import SPEC, DiscordContract

from bot.sandbox.discord import RecordedRequest

needs_document = pytest.mark.skipif(
    not SPEC.exists(), reason="Discord's OpenAPI document is not beside this checkout"
)


def edit(json: object) -> RecordedRequest:
    return RecordedRequest(
        method="PATCH",
        route="/webhooks/{webhook_id}/{webhook_token}/messages/@original",
        path="/webhooks/1/x/messages/@original",
        query={},
        at=0.0,
        json=json,
    )


@needs_document
async def test_bodies_of_a_conversation_conform_to_discords_document(
    bot: RunningBot, discord_contract: DiscordContract
) -> None:
    await final_message(await bot.command("search", query="kind of blue"))
    before = discord_contract.checked

    discord_contract.check(bot.sandbox.discord.requests)

    assert discord_contract.checked - before >= 3  # commands, deferral, edit


@needs_document
def test_a_wrong_body_is_found() -> None:
    contract = DiscordContract.load()

    problems = contract.problems(edit({"components": [{"type": 10, "content": 5}]}))

    assert len(problems) == 1


@needs_document
def test_an_unknown_route_is_found() -> None:
    contract = DiscordContract.load()
    request = edit({})
    request.route = "/no/such/route"

    assert contract.problems(request) == ["PATCH /no/such/route is not in the document"]
