"""Buttons, menus and modals, driven through a real discord.py bot."""

import asyncio
from collections.abc import Awaitable, Callable

import discord
import pytest
from discord import ui
from discord.ext import commands

from bot.sandbox.discord import DiscordStandIn, Exchange

RunBot = Callable[..., Awaitable[commands.Bot]]


class Controls(ui.View):
    """A view with one of each."""

    @ui.button(label="Next", custom_id="next")
    async def turn(self, interaction: discord.Interaction, _: ui.Button["Controls"]) -> None:
        await interaction.response.edit_message(content="page 2")

    @ui.button(label="Again", custom_id="again")
    async def again(self, interaction: discord.Interaction, _: ui.Button["Controls"]) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content=f"again, {interaction.locale}")

    @ui.button(label="Off", custom_id="off", disabled=True)
    async def off(self, interaction: discord.Interaction, _: ui.Button["Controls"]) -> None: ...

    @ui.button(label="Ask", custom_id="ask")
    async def ask(self, interaction: discord.Interaction, _: ui.Button["Controls"]) -> None:
        await interaction.response.send_modal(Question())

    @ui.select(
        custom_id="sort",
        options=[discord.SelectOption(label="Year"), discord.SelectOption(label="Artist")],
    )
    async def sort(self, interaction: discord.Interaction, menu: ui.Select["Controls"]) -> None:
        await interaction.response.send_message(f"by {menu.values[0]}", ephemeral=True)

    @ui.select(cls=ui.UserSelect, custom_id="who")
    async def who(self, interaction: discord.Interaction, menu: ui.UserSelect["Controls"]) -> None:
        await interaction.response.send_message(f"with {menu.values[0].name}")


class Question(ui.Modal, title="Your question"):
    """A modal with a text, a menu, a group and a box."""

    topic: ui.Label["Question"] = ui.Label(
        text="Topic", component=ui.TextInput(custom_id="topic", max_length=20)
    )
    length: ui.Label["Question"] = ui.Label(
        text="Length",
        component=ui.Select(
            custom_id="length",
            options=[discord.SelectOption(label="short"), discord.SelectOption(label="long")],
        ),
    )
    mood: ui.Label["Question"] = ui.Label(
        text="Mood",
        component=ui.RadioGroup(
            custom_id="mood",
            options=[
                discord.RadioGroupOption(label="calm"),
                discord.RadioGroupOption(label="wild"),
            ],
        ),
    )
    fresh: ui.Label["Question"] = ui.Label(text="Fresh", component=ui.Checkbox(custom_id="fresh"))
    cover: ui.Label["Question"] = ui.Label(
        text="Cover", component=ui.FileUpload(custom_id="cover", required=False)
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        assert isinstance(self.topic.component, ui.TextInput)
        assert isinstance(self.length.component, ui.Select)
        assert isinstance(self.mood.component, ui.RadioGroup)
        assert isinstance(self.fresh.component, ui.Checkbox)
        assert isinstance(self.cover.component, ui.FileUpload)
        parts = (
            self.topic.component.value,
            self.length.component.values[0],
            self.mood.component.value,
            self.fresh.component.value,
            [file.filename for file in self.cover.component.values],
        )
        await interaction.response.send_message(str(parts))


def _controls(bot: commands.Bot) -> None:
    @bot.tree.command()
    async def controls(interaction: discord.Interaction, hidden: bool = False) -> None:  # noqa: FBT001, FBT002  how discord.py declares options
        await interaction.response.send_message("page 1", view=Controls(), ephemeral=hidden)

    @bot.tree.command()
    async def ask(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Question())


@pytest.fixture
async def shown(stand_in: DiscordStandIn, run_bot: RunBot) -> Exchange:
    await run_bot(_controls)
    exchange = await stand_in.run_command("controls", locale="fr")
    await exchange.wait_until(lambda e: bool(e.messages))
    return exchange


async def test_pressed_button_can_change_its_message(
    stand_in: DiscordStandIn, shown: Exchange
) -> None:
    message = shown.last

    pressed = await stand_in.press(message, "next", user="bob")
    await pressed.wait_until(lambda _: message.text == "page 2")

    assert pressed.callback_type == 7
    assert pressed.messages == [message]
    assert len(message.versions) == 2


async def test_deferred_press_edits_its_message_in_the_language_of_the_person(
    stand_in: DiscordStandIn, shown: Exchange
) -> None:
    pressed = await stand_in.press(shown.last, "again")
    await pressed.wait_until(lambda e: bool(e.messages))

    assert pressed.callback_type == 6
    assert shown.last.text == "again, fr"


@pytest.mark.parametrize(
    ("custom_id", "match"),
    [
        pytest.param("nothing", "current version", id="unknown"),
        pytest.param("off", "enabled", id="disabled"),
        pytest.param("sort", "a button", id="a menu"),
    ],
)
async def test_button_that_cannot_be_pressed_is_refused(
    stand_in: DiscordStandIn, shown: Exchange, custom_id: str, match: str
) -> None:
    with pytest.raises(ValueError, match=match):
        await stand_in.press(shown.last, custom_id)


async def test_ephemeral_message_has_buttons_for_one_person_only(
    stand_in: DiscordStandIn, shown: Exchange
) -> None:
    hidden = await stand_in.run_command("controls", {"hidden": True})
    await hidden.wait_until(lambda e: bool(e.messages))

    with pytest.raises(ValueError, match="visible to bob"):
        await stand_in.press(hidden.last, "next", user="bob")
    pressed = await stand_in.press(hidden.last, "next", user="alice")
    await pressed.wait_until(lambda _: hidden.last.text == "page 2")
    assert hidden.last.ephemeral
    assert shown.last.text == "page 1"


async def test_choice_in_a_menu_reaches_the_bot(stand_in: DiscordStandIn, shown: Exchange) -> None:
    chosen = await stand_in.choose(shown.last, "sort", ["Artist"])
    await chosen.wait_until(lambda e: bool(e.messages))

    assert chosen.last.text == "by Artist"
    assert chosen.last.ephemeral


async def test_person_chosen_in_a_menu_reaches_the_bot(
    stand_in: DiscordStandIn, shown: Exchange
) -> None:
    chosen = await stand_in.choose(shown.last, "who", ["bob"])
    await chosen.wait_until(lambda e: bool(e.messages))

    assert chosen.last.text == "with bob"


@pytest.mark.parametrize("values", [["Colour"], [], ["Year", "Artist"]], ids=str)
async def test_menu_refuses_what_it_does_not_offer(
    stand_in: DiscordStandIn, shown: Exchange, values: list[str]
) -> None:
    with pytest.raises(ValueError, match="sort"):
        await stand_in.choose(shown.last, "sort", values)


async def test_modal_of_a_command_is_filled_in_and_submitted(
    stand_in: DiscordStandIn, shown: Exchange
) -> None:
    asked = await stand_in.run_command("ask")
    await asked.wait_until(lambda e: e.modal is not None)
    values = {
        "topic": "jazz",
        "length": ["long"],
        "mood": "wild",
        "fresh": True,
        "cover": [("a.png", b"png")],
    }

    submitted = await stand_in.submit_modal(asked, values)
    await submitted.wait_until(lambda e: bool(e.messages))

    assert asked.callback_type == 9
    assert asked.modal is not None
    assert asked.modal["title"] == "Your question"
    assert submitted.last.text == "('jazz', 'long', 'wild', True, ['a.png'])"
    assert shown.messages[0].text == "page 1"


async def test_modal_of_a_button_remembers_its_message(
    stand_in: DiscordStandIn, shown: Exchange
) -> None:
    pressed = await stand_in.press(shown.last, "ask")
    await pressed.wait_acknowledged()
    values = {"topic": "x", "length": ["short"], "mood": "calm"}

    submitted = await stand_in.submit_modal(pressed, values)
    await submitted.wait_until(lambda e: bool(e.messages))

    assert submitted.last.reference is shown.last
    assert submitted.last.text == "('x', 'short', 'calm', False, [])"


@pytest.mark.parametrize(
    ("values", "match"),
    [
        pytest.param({"length": ["short"], "mood": "calm"}, "topic", id="missing text"),
        pytest.param(
            {"topic": "x" * 21, "length": ["short"], "mood": "calm"}, "topic", id="too long"
        ),
        pytest.param({"topic": "x", "length": ["epic"], "mood": "calm"}, "length", id="menu"),
        pytest.param({"topic": "x", "length": ["short"], "mood": "odd"}, "mood", id="group"),
        pytest.param({"colour": "x"}, "colour", id="unknown"),
    ],
)
async def test_modal_refuses_what_the_client_would_not_send(
    stand_in: DiscordStandIn, shown: Exchange, values: dict[str, object], match: str
) -> None:
    asked = await stand_in.run_command("ask")
    await asked.wait_until(lambda e: e.modal is not None)

    with pytest.raises(ValueError, match=match):
        await stand_in.submit_modal(asked, values)
    assert not shown.failed


async def test_autocomplete_returns_the_suggestions(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    typed: asyncio.Future[object] = asyncio.get_running_loop().create_future()

    def register(bot: commands.Bot) -> None:
        @bot.tree.command()
        async def album(interaction: discord.Interaction, artist: str, query: str) -> None: ...

        @album.autocomplete("query")
        async def suggest(
            interaction: discord.Interaction, current: str
        ) -> list[discord.app_commands.Choice[str]]:
            typed.set_result((current, interaction.namespace.artist))
            return [discord.app_commands.Choice(name=current.upper(), value="1")]

    await run_bot(register)

    choices = await stand_in.autocomplete("album", "query", "kin", {"artist": "Miles"})

    assert [(choice.name, choice.value) for choice in choices] == [("KIN", "1")]
    assert await typed == ("kin", "Miles")
    with pytest.raises(ValueError, match="artist"):
        await stand_in.autocomplete("album", "artist", "x")


async def test_autocomplete_times_out_when_the_bot_suggests_nothing(
    stand_in: DiscordStandIn, run_bot: RunBot
) -> None:
    def register(bot: commands.Bot) -> None:
        @bot.tree.command()
        async def album(interaction: discord.Interaction, query: str) -> None: ...

        @album.autocomplete("query")
        async def suggest(
            _: discord.Interaction, current: str
        ) -> list[discord.app_commands.Choice[str]]:
            raise RuntimeError(current)

    await run_bot(register)

    with pytest.raises(TimeoutError):
        await stand_in.autocomplete("album", "query", "kin", timeout=0.2)
