"""``/digest`` as its people use it: the real cog and schedules, before a stand-in for Discord."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from harness.digests import DigestStage, digest_stage

from bot.demo.conversation import is_final
from bot.sandbox.discord import Permission
from bot.sandbox.discord.acts import Scene, component_act
from bot.sandbox.discord.places import Member
from services.digests.models import (
    Cadence,
    Schedule,
    Timing,
    WhenNothing,
)

MANAGERS = ("create", "list", "edit", "preview", "post", "pause", "resume", "delete")
BUTTONS = (
    *("show", "preview", "post", "pause", "resume", "edit"),
    *("delete", "nothing", "language", "leave"),
)


@pytest.fixture
async def stage(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[DigestStage]:
    file = Path(shutil.copy(sqlite_template, tmp_path / "aime.db"))
    async with digest_stage(file, monkeypatch) as ready:
        yield ready


def unix(schedule: Schedule) -> int:
    return int(schedule.next_at.timestamp())


# --- Setting up


async def test_create_sets_up_what_was_chosen_and_shows_when_it_comes(stage: DigestStage) -> None:
    panel, schedule = await stage.create(weekday=4)
    vinyl = stage.discord.channels["vinyl"].id

    assert panel.ephemeral
    assert schedule.timing == Timing(
        cadence=Cadence.WEEKLY, hour=8, zone="Europe/Zurich", weekday=4
    )
    assert (schedule.channel_id, schedule.creator_id) == (vinyl, stage.discord.users["alice"].id)
    assert f"Digest in <#{vinyl}>" in panel.text
    assert "every Friday at 08:00 (Europe/Zurich)" in panel.text
    assert f"<t:{unix(schedule)}:F> (<t:{unix(schedule)}:R>)" in panel.text
    labels = [button["label"] for button in panel.buttons]
    assert labels == ["Preview", "Post now", "Pause", "Edit", "Delete", "All digests"]


async def test_create_names_what_is_missing_and_tries_again_once_it_is_there(
    stage: DigestStage,
) -> None:
    moderation = stage.discord.moderation
    moderation.deny("vinyl", Permission.SEND_MESSAGES | Permission.READ_MESSAGE_HISTORY)
    wish: dict[str, Any] = {
        "channel": "vinyl",
        "cadence": "monthly",
        "hour": 23,
        "timezone": "Asia/Tokyo",
        "day": 31,
    }

    refused = await stage.say("create", **wish)
    said = refused.text
    before = await stage.services.digest_schedules.list(stage.guild_id)
    moderation.deny("vinyl", Permission.READ_MESSAGE_HISTORY)
    created = await stage.press(refused, "Try again")
    [schedule] = await stage.services.digest_schedules.list(stage.guild_id)

    assert "**Send Messages**" in said
    assert "**Read Message History**" in said
    assert before == ()
    assert schedule.timing == Timing(cadence=Cadence.MONTHLY, hour=23, zone="Asia/Tokyo", day=31)
    assert "It's set up" in created.text
    assert "on the last day of every month at 23:00 (Asia/Tokyo)" in created.text
    assert "I can post there, but this would help" in created.text
    assert "**Send Messages**" not in created.text


async def test_eleventh_digest_of_a_server_is_refused(stage: DigestStage) -> None:
    for _ in range(10):
        await stage.put()

    refused = await stage.say("create", channel="vinyl", cadence="daily", hour=8, timezone="UTC")
    listed = await stage.say("list")

    assert "10 digests on this server" in refused.text
    assert "10 of 10" in listed.text


# --- Who may


async def test_commands_of_managers_are_refused_to_others_who_may_join_all_the_same(
    stage: DigestStage,
) -> None:
    schedule = await stage.put()
    wish: dict[str, Any] = {"channel": "vinyl", "cadence": "daily", "hour": 8, "timezone": "UTC"}

    answers = [
        await stage.say(name, user="bob", **(wish if name == "create" else {})) for name in MANAGERS
    ]
    joining = await stage.say("join", user="bob")

    assert [message.text.split("(")[1][:17] for message in answers] == ["**Manage Server**"] * 8
    assert all(message.ephemeral for message in answers)
    assert "Join the digest" in joining.text
    assert await stage.services.digest_schedules.list(stage.guild_id) == (schedule,)


async def test_buttons_need_the_permission_of_now(stage: DigestStage) -> None:
    panel, schedule = await stage.create()
    alice = stage.discord.users["alice"].id
    members = cast("dict[int, Member]", stage.discord._platform.world.guilds[0].members)

    members[alice] = replace(members[alice], role_ids=())
    refused = await stage.press(panel, "Pause")

    assert "**Manage Server**" in refused.text
    assert not (await stage.schedule(schedule.digest_id)).is_paused


async def forge(stage: DigestStage, custom_id: str, source: Any, user: str = "alice") -> str:  # noqa: ANN401  # a message
    """Press a button that no message has; returns the answer's text."""
    platform = stage.discord._platform
    person = stage.discord.users[user]
    scene = Scene(platform, person, source.channel, "en-US")
    data = {"custom_id": custom_id, "component_type": 2, "id": 1}
    act = component_act(scene, source, "forged", data)
    exchange = platform.open(act).exchange
    await exchange.wait_until(is_final)
    return exchange.last.text


async def test_digest_of_another_server_is_out_of_reach(stage: DigestStage) -> None:
    own, other = await stage.put(), await stage.put(guild_id=7)
    panel = await stage.say("list")
    alice = stage.discord.users["alice"].id
    commands = ("edit", "preview", "post", "pause", "resume", "delete", "join", "leave")
    buttons = (*BUTTONS, "post-yes", "delete-yes", "join-yes")

    typed = [await stage.say(name, digest=str(other.digest_id)) for name in commands]
    forged = [
        await forge(stage, f"digest:{name}:{alice}:{other.digest_id}", panel) for name in buttons
    ]

    assert {message.text.partition(".")[0] for message in typed} == {
        "I can't tell which digest you mean"
    }
    assert {said.partition(".")[0] for said in forged} == {"That digest is gone"}
    assert await stage.services.digest_schedules.get(7, other.digest_id) == other
    assert await stage.services.digest_schedules.get(stage.guild_id, own.digest_id) == own
    assert stage.services.digest_posting.asked == []
    assert await stage.services.digest_members.of(other.digest_id) == ()


async def test_button_with_a_number_that_is_none_finds_nothing(stage: DigestStage) -> None:
    panel = await stage.say("list")
    alice = stage.discord.users["alice"].id
    ids = [f"digest:pause:{alice}{rest}" for rest in ("", ":", ":x", ":-1", ":0", f":{'9' * 30}")]

    said = [await forge(stage, custom_id, panel) for custom_id in ids]

    assert {each.partition(".")[0] for each in said} == {"That digest is gone"}


async def test_button_of_somebody_else_is_refused(stage: DigestStage) -> None:
    panel, schedule = await stage.create()
    alice = stage.discord.users["alice"].id

    said = await forge(stage, f"digest:delete-yes:{alice}:{schedule.digest_id}", panel, user="bob")

    assert "somebody else's" in said
    assert await stage.schedule(schedule.digest_id) == schedule


async def test_digest_is_for_servers_only(stage: DigestStage) -> None:
    for channel in ("dm:alice", "group"):
        with pytest.raises(ValueError, match="not offered"):
            await stage.say("list", place=channel)
    with pytest.raises(ValueError, match="not installed"):
        await stage.say("list", place="elsewhere")


# --- What is done with one


async def test_list_shows_every_digest_and_opens_its_panel(stage: DigestStage) -> None:
    _, schedule = await stage.create()
    other = await stage.put(guild_id=7)

    listed = await stage.say("list")
    said = listed.text
    panel = await stage.press(listed, "Manage")

    assert "every Monday at 08:00" in said
    assert "1 of 10" in said
    assert other.digest_id != schedule.digest_id
    assert f"<t:{unix(schedule)}:F>" in panel.text


async def test_menus_decide_the_language_and_what_happens_when_nothing_is_new(
    stage: DigestStage,
) -> None:
    panel, schedule = await stage.create()

    await stage.choose(panel, "skip")
    await stage.choose(panel, "fr")

    changed = await stage.schedule(schedule.digest_id)
    assert (changed.when_nothing, changed.locale) == (WhenNothing.SKIP, "fr")
    chosen = [o["value"] for menu in panel.selects for o in menu["options"] if o.get("default")]
    assert chosen == ["skip", "fr"]


async def test_pause_and_resume_turn_the_button_round(stage: DigestStage) -> None:
    panel, schedule = await stage.create()

    paused = await stage.press(panel, "Pause")
    said = paused.text
    is_paused = (await stage.schedule(schedule.digest_id)).is_paused
    resumed = await stage.press(paused, "Resume")

    assert "⏸️ **Paused** until somebody resumes it" in said
    assert is_paused
    assert f"<t:{unix(schedule)}:F>" in resumed.text
    assert not (await stage.schedule(schedule.digest_id)).is_paused


async def test_resume_is_refused_where_nothing_could_be_posted(stage: DigestStage) -> None:
    _, schedule = await stage.create()
    await stage.say("pause")
    stage.discord.moderation.deny("vinyl", Permission.SEND_MESSAGES)

    refused = await stage.say("resume")
    stage.discord.moderation.delete_channel("vinyl")
    gone = await stage.say("resume")
    listed = await stage.say("list")

    assert "**Send Messages**" in refused.text
    assert "the channel itself" in gone.text
    assert "⚠️" in listed.text
    assert (await stage.schedule(schedule.digest_id)).is_paused


async def test_edit_changes_what_was_said_and_keeps_the_rest(stage: DigestStage) -> None:
    _, schedule = await stage.create(weekday=2)

    await stage.say("edit", hour=20)
    at_eight = (await stage.schedule(schedule.digest_id)).timing
    panel = await stage.say("edit", channel="general", cadence="monthly", day=15)
    changed = await stage.schedule(schedule.digest_id)

    assert at_eight == Timing(cadence=Cadence.WEEKLY, hour=20, zone="Europe/Zurich", weekday=2)
    assert changed.timing == Timing(cadence=Cadence.MONTHLY, hour=20, zone="Europe/Zurich", day=15)
    assert changed.channel_id == stage.discord.channels["general"].id
    assert "on day 15 of every month at 20:00" in panel.text


async def test_edit_stays_where_it_is_when_it_may_not_post_in_the_other_channel(
    stage: DigestStage,
) -> None:
    _, schedule = await stage.create()

    refused = await stage.say("edit", channel="listening-room")

    assert "so the digest stays where it is" in refused.text
    assert "**Send Messages**" in refused.text
    assert await stage.schedule(schedule.digest_id) == schedule


async def test_form_says_all_there_is_about_when(stage: DigestStage) -> None:
    _, schedule = await stage.create()
    typed = {"days": ["weekly:6"], "hour": ["21"], "zone": "Asia/Tokyo"}

    await stage.fill_in(typed)
    filled = (await stage.schedule(schedule.digest_id)).timing
    wrong = await stage.fill_in({"zone": "Moon"})
    await stage.fill_in({})
    unchanged = (await stage.schedule(schedule.digest_id)).timing

    assert filled == Timing(cadence=Cadence.WEEKLY, hour=21, zone="Asia/Tokyo", weekday=6)
    assert "I know no time zone “Moon”" in wrong.text
    assert unchanged == filled


async def test_preview_is_seen_by_the_asker_alone_and_leaves_the_panel(stage: DigestStage) -> None:
    panel, _ = await stage.create()
    before = panel.text

    preview = await stage.press(panel, "Preview")
    stage.services.digest_preview.text = None
    nothing = await stage.say("preview")
    stage.services.digest_preview.error = TimeoutError()
    late = await stage.say("preview")

    assert preview.ephemeral
    assert preview.text == "Two new records"
    assert panel.text == before
    assert "Nothing is new" in nothing.text
    assert "takes too long right now" in late.text


async def test_post_asks_only_when_one_went_out_today(stage: DigestStage) -> None:
    _, schedule = await stage.create()
    mine = (stage.guild_id, schedule.digest_id)

    posted = await stage.say("post")
    first = list(stage.services.digest_posting.asked)
    stage.services.digest_preview.today = True
    asked = await stage.say("post")
    question, unasked = asked.text, list(stage.services.digest_posting.asked)
    await stage.press(asked, "Post now")

    assert "It's on its way" in posted.text
    assert first == unasked == [mine]
    assert "Post another one now?" in question
    assert stage.services.digest_posting.asked == [mine, mine]


async def test_delete_asks_and_then_shows_what_is_left(stage: DigestStage) -> None:
    panel, schedule = await stage.create()

    question = await stage.press(panel, "Delete")
    said = question.text
    still_there = await stage.schedule(schedule.digest_id)
    left = await stage.press(question, "Delete")

    assert "What was posted stays" in said
    assert still_there == schedule
    assert "is deleted" in left.text
    assert "There are none yet" in left.text
    assert await stage.services.digest_schedules.list(stage.guild_id) == ()


async def test_digest_is_picked_from_suggestions_or_by_its_channel(stage: DigestStage) -> None:
    _, vinyl = await stage.create()
    _, general = await stage.create(channel="general", cadence="daily")

    zones = await stage.discord.autocomplete("digest create", "timezone", "zur")
    suggested = await stage.discord.autocomplete("digest pause", "digest", "vin")
    unclear = await stage.say("pause")
    await stage.say("pause", digest=str(suggested[0].value))
    await stage.say("pause", digest="#general")

    assert (zones[0].name, zones[0].value) == ("Europe/Zurich", "Europe/Zurich")
    names = [(choice.name, choice.value) for choice in suggested]
    assert names == [("#vinyl · every Monday at 08:00 (Europe/Zurich)", str(vinyl.digest_id))]
    assert "I can't tell which digest you mean" in unclear.text
    assert [(await stage.schedule(each.digest_id)).is_paused for each in (vinyl, general)] == [
        True,
        True,
    ]


# --- Joining


async def test_join_explains_asks_and_is_taken_back(stage: DigestStage) -> None:
    _, schedule = await stage.create()
    bob, members = stage.discord.users["bob"].id, stage.services.digest_members

    declined = await stage.press(await stage.say("join", user="bob"), "Not now", user="bob")
    question = await stage.say("join", user="bob")
    asked = question.text
    unasked = await members.of(schedule.digest_id)
    joined = await stage.press(question, "Join", user="bob")
    inside = await members.of(schedule.digest_id)
    panel = await stage.say("list")
    again = await stage.say("join", user="bob")
    left = await stage.press(joined, "Leave it", user="bob")

    assert "nothing of you is shown" in declined.text
    assert question.ephemeral
    assert "everybody who can read" in asked
    assert "**What it never shows:** your name on Discogs" in asked
    assert unasked == ()
    assert inside == (bob,)
    assert "1 person" in panel.text
    assert "already" in again.text
    assert "You've left the digest" in left.text
    assert await members.of(schedule.digest_id) == ()


async def test_join_without_an_account_says_how_to_link_one(stage: DigestStage) -> None:
    _, schedule = await stage.create()
    question = await stage.say("join", user="bob")
    stage.services.discogs_links.is_linked = False

    refused = await stage.say("join", user="bob")
    unlinked = await stage.press(question, "Join", user="bob")

    assert "`/account link-discogs`" in refused.text
    assert "`/account link-discogs`" in unlinked.text
    assert await stage.services.digest_members.of(schedule.digest_id) == ()


async def test_leave_is_offered_only_for_what_one_is_in(stage: DigestStage) -> None:
    _, vinyl = await stage.create()
    await stage.create(channel="general")
    bob = stage.discord.users["bob"].id
    await stage.services.digest_members.join(vinyl.digest_id, stage.guild_id, bob)

    offered = await stage.discord.autocomplete("digest leave", "digest", "", user="bob")
    left = await stage.say("leave", user="bob", digest=str(vinyl.digest_id))
    twice = await stage.say("leave", user="bob", digest=str(vinyl.digest_id))

    assert [choice.value for choice in offered] == [str(vinyl.digest_id)]
    assert "You've left" in left.text
    assert "You aren't in the digest" in twice.text


async def test_second_post_within_a_minute_is_not_promised(stage: DigestStage) -> None:
    await stage.create()
    stage.services.digest_preview.today = stage.services.digest_preview.just_now = True

    told = await stage.say("post")

    assert "It went out just now" in told.text
    assert stage.services.digest_posting.asked == []
