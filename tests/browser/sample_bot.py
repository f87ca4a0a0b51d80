"""A bot that shows everything the page must render and the real bot does not use yet."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.sandbox.art import cover_png

COVER = "attachment://cover.png"
RECORDS = ("Abbey Road", "Aja", "Blue Train", "Kind of Blue", "Moon Safari", "OK Computer")
HOSTILE = {
    "markup": "<script>window.hit=1</script><img src=x onerror=window.hit=1><b>bold?</b>",
    "style": "</div></article><style>*{display:none!important}</style>",
    "link": "[click](javascript:window.hit=1) <javascript:window.hit=1> [a](data:text/html,x)",
    "override": "\u202eesrever si siht\u202d\u2066 \u200f\u202e" + "abc" * 20,
    "arabic": "\u0645\u0631\u062d\u0628\u0627 " * 40,
    "word": "W" * 1_900,
    "zalgo": "Z" + "\u0335\u0321\u0322\u0353\u0354\u0315\u031b\u0300\u0301" * 40 + "algo",
    "stars": "*" * 900 + "_" * 500 + "|" * 300 + "`" * 200,
    "brackets": "[" * 600 + "](" * 300 + "<" * 300 + "~~" * 200,
    "quotes": "> " * 900,
    "heading": "# " + "big " * 200 + "\n" * 200 + "end",
}
MARKDOWN = """# One
## Two
### Three
-# small **print**
plain **bold** *italic* _also_ __under__ ~~gone~~ ***both*** `co*de*` ||hidden||
snake_case_name stays, \\*escaped\\* too
> quoted **line**
> and another
- first
  - nested
- second
3. third
```py
print("*not* italic")
```
[masked](https://example.org/a_(b)) https://example.org/bare. <https://example.org/x>
<@{user}> <#{channel}> @everyone <t:0:D> <t:{soon}:R> <:vinyl:123456789012345678>"""


class Form(ui.Modal):
    """A modal with every kind of control."""

    def __init__(self) -> None:
        super().__init__(title="Add a record", custom_id="form")
        vinyl = discord.SelectOption(label="Vinyl", value="lp", description="Twelve inches")
        disc = discord.SelectOption(label="CD", value="cd")
        mint = discord.RadioGroupOption(label="Mint", value="m")
        good = discord.RadioGroupOption(label="Good", value="g")
        extras = [discord.CheckboxGroupOption(label=name) for name in ("Poster", "Lyrics")]
        self.add_item(ui.TextDisplay("Tell me **about it**."))
        for text, component in (
            ("Title", ui.TextInput(custom_id="title", placeholder="Aja", max_length=80)),
            ("Medium", ui.Select(custom_id="medium", options=[vinyl, disc])),
            ("Condition", ui.RadioGroup(custom_id="condition", options=[mint, good])),
            ("Extras", ui.CheckboxGroup(custom_id="extras", options=extras, required=False)),
        ):
            self.add_item(ui.Label(text=text, component=component, description=f"Its {text}"))


class Notes(ui.Modal):
    """A modal with the remaining controls."""

    def __init__(self) -> None:
        super().__init__(title="Notes", custom_id="notes")
        long = discord.TextStyle.paragraph
        for text, component in (
            ("Notes", ui.TextInput(custom_id="text", style=long, default="dusty")),
            ("Seller", ui.UserSelect(custom_id="seller", required=False)),
            ("Photo", ui.FileUpload(custom_id="photo", required=False)),
            ("Rare", ui.Checkbox(custom_id="rare")),
        ):
            self.add_item(ui.Label(text=text, component=component))


def everything(picture: str, heading: str = "## Aja") -> ui.LayoutView:
    """Every component of a V2 message."""
    styles = discord.ButtonStyle
    row: list[ui.Item[ui.LayoutView]] = [
        ui.Button(label=style.name.title(), custom_id=style.name, style=style)
        for style in (styles.primary, styles.secondary, styles.success, styles.danger)
    ]
    options = [discord.SelectOption(label=name, emoji="💿") for name in RECORDS]
    container: ui.Container[ui.LayoutView] = ui.Container(
        ui.Section(
            ui.TextDisplay(f"{heading}\nSteely Dan"),
            accessory=ui.Thumbnail(picture, description="Cover of Aja"),
        ),
        ui.Separator(spacing=discord.SeparatorSpacing.large),
        ui.Section(ui.TextDisplay("Side A"), accessory=ui.Button(label="Play", custom_id="play")),
        ui.MediaGallery(
            discord.MediaGalleryItem(picture, description="Front"),
            discord.MediaGalleryItem(picture, description="Back"),
            discord.MediaGalleryItem(picture, description="Secret", spoiler=True),
        ),
        ui.File("attachment://tracks.txt"),
        accent_colour=discord.Colour(0xF0B232),
    )
    view = ui.LayoutView(timeout=None)
    view.add_item(container)
    view.add_item(ui.ActionRow(*row, ui.Button(label="Site", url="https://example.org/")))
    off: ui.Button[ui.LayoutView] = ui.Button(label="Off", custom_id="off", disabled=True)
    view.add_item(ui.ActionRow(off))
    menus: tuple[ui.Item[ui.LayoutView], ...] = (
        ui.Select(custom_id="many", placeholder="Several", options=options, max_values=3),
        ui.UserSelect(custom_id="who", placeholder="Who?"),
        ui.RoleSelect(custom_id="role", placeholder="Which role?"),
        ui.ChannelSelect(custom_id="where", placeholder="Where?"),
    )
    for menu in menus:
        view.add_item(ui.ActionRow(menu))
    return view


def rich_embed() -> discord.Embed:
    embed = discord.Embed(
        title="Aja",
        url="https://example.org/aja",
        description="An album by **Steely Dan**",
        colour=discord.Colour(0xF0B232),
        timestamp=discord.utils.utcnow(),
    )
    embed.set_author(name="The shop", url="https://example.org/")
    embed.add_field(name="Year", value="1977").add_field(name="Label", value="ABC")
    embed.add_field(name="Notes", value="- one\n- two", inline=False)
    embed.set_thumbnail(url="attachment://cover.png").set_footer(text="For sale")
    return embed


def picture_file() -> discord.File:
    return discord.File(io.BytesIO(cover_png("aja", 64)), "cover.png", description="Cover of Aja")


def text_file() -> discord.File:
    return discord.File(io.BytesIO(b"1. Black Cow"), "tracks.txt")


def register(bot: commands.Bot) -> None:
    """Add the commands."""
    _register_menu(bot)
    _register_options(bot)
    _register_looks(bot)
    plays: list[int] = []

    @bot.listen("on_interaction")
    async def tell(interaction: discord.Interaction) -> None:
        data: Any = interaction.data or {}
        if interaction.type is discord.InteractionType.component:
            if data["custom_id"] == "danger":
                return  # what nobody answers fails
            if data["custom_id"] == "play":
                plays.append(interaction.id)
                played = everything(COVER, f"## Played {'twice' if len(plays) > 1 else 'once'}")
                await interaction.response.edit_message(view=played)
                return
            done = f"{data['custom_id']} {data.get('values', '')}"
            await interaction.response.send_message(f"used {done}", ephemeral=True)
        if interaction.type is discord.InteractionType.modal_submit:
            parts = [c.get("component", {}) for c in data["components"]]
            said = [str(p.get("value", p.get("values"))) for p in parts if p]
            await interaction.response.send_message("sent " + " / ".join(said))


def _register_menu(bot: commands.Bot) -> None:
    @bot.tree.context_menu(name="Count letters")
    async def count(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"{len(message.content)} letters")

    @bot.tree.context_menu(name="Say nothing")
    async def say_nothing(interaction: discord.Interaction, message: discord.Message) -> None:
        pass


def _register_options(bot: commands.Bot) -> None:
    async def complete(_: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        if typed == "boom":
            raise RuntimeError(typed)
        found = [name for name in RECORDS if typed.casefold() in name.casefold()]
        return [app_commands.Choice(name=name, value=f"id:{name}") for name in found]

    @bot.tree.command(name="pick", description="Pick a record")
    @app_commands.describe(record="Which one", speed="How fast", loud="Loud or not")
    @app_commands.choices(speed=[app_commands.Choice(name=n, value=n[:2]) for n in ("33", "45")])
    @app_commands.autocomplete(record=complete)
    async def pick(
        interaction: discord.Interaction,
        record: str,
        speed: str = "-",
        loud: bool = False,  # noqa: FBT001, FBT002  an option of a command
        who: discord.Member | None = None,
    ) -> None:
        await interaction.response.send_message(f"{record}, {speed}, {loud}, {who}")

    @bot.tree.command(name="upload", description="Show a file again")
    async def upload(interaction: discord.Interaction, file: discord.Attachment) -> None:
        await interaction.response.send_message(f"{file.filename} has {file.size} bytes")

    @bot.tree.command(name="secret", description="Moderators only")
    @app_commands.default_permissions(manage_guild=True)
    async def secret(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("just you", ephemeral=True)

    @bot.tree.command(name="silent", description="Never answers")
    async def silent(interaction: discord.Interaction) -> None:
        pass

    shelf = app_commands.Group(name="shelf", description="Your shelf")

    @shelf.command(name="browse", description="Look at it")
    async def browse(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("nothing there")

    bot.tree.add_command(shelf)


def _register_looks(bot: commands.Bot) -> None:
    @bot.tree.command(name="form", description="Open a form")
    async def form(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    @bot.tree.command(name="notes", description="Open another form")
    async def notes(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Notes())

    @bot.tree.command(name="everything", description="Every component")
    async def show(interaction: discord.Interaction) -> None:
        view = everything(COVER)
        await interaction.response.send_message(view=view, files=[picture_file(), text_file()])

    @bot.tree.command(name="classic", description="Embeds and files")
    async def classic(interaction: discord.Interaction) -> None:
        view = ui.View(timeout=None)
        view.add_item(ui.Button(label="Buy", custom_id="buy"))
        await interaction.response.send_message(
            "Look:", embed=rich_embed(), files=[picture_file(), text_file()], view=view
        )

    @bot.tree.command(name="markdown", description="Every mark")
    async def marks(interaction: discord.Interaction) -> None:
        text = MARKDOWN.format(
            user=interaction.user.id,
            channel=interaction.channel_id,
            soon=int(discord.utils.utcnow().timestamp()) + 90,
        )
        await interaction.response.send_message(text)

    @bot.tree.command(name="hostile", description="Text that means harm")
    async def hostile(interaction: discord.Interaction, kind: str) -> None:
        text = HOSTILE[kind]
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.Container(ui.TextDisplay(text[:1800])))
        option = discord.SelectOption(label=text[:100], value="x", description=text[:100])
        view.add_item(ui.ActionRow(ui.Button(label=text[:80], custom_id="button")))
        view.add_item(ui.ActionRow(ui.Select(custom_id="menu", options=[option])))
        embed = discord.Embed(title=text[:256], description=text)
        embed.add_field(name=text[:256], value=text[:1024]).set_footer(text=text[:200])
        await interaction.response.send_message(text[:2000], embed=embed)
        await interaction.followup.send(view=view)


class SampleBot(commands.Bot):
    """Usable everywhere."""

    def __init__(self) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            intents=discord.Intents.default(),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=True
            ),
        )
        register(self)

    async def setup_hook(self) -> None:
        await self.tree.sync()


@asynccontextmanager
async def running_sample_bot(token: str) -> AsyncIterator[SampleBot]:
    """Run the bot inside the block; discord.py must already point at the stand-in."""
    bot = SampleBot()
    task = asyncio.create_task(bot.start(token))
    try:
        yield bot
    finally:
        await bot.close()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
