"""`/history`: whose videos it shows, and what a search may find."""

import asyncio

import discord
import pytest
import sqlalchemy as sa
from simcord.actors import MemberActor
from simcord.results import to_discord_message
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.custom_ids import Action, PageId, PageKind
from bot.chat.words import Key
from bot.engine.requests import history as module
from bot.jobs.model import Job, PostKind, UserId
from bot.jobs.reasons import Reason
from bot.jobs.tables import jobs, posts
from tests.simcord import job_setups
from tests.simcord.world import SimWorld, pages, press, private, targets, text_of
from tests.wording import says


async def history(world: SimWorld, who: object = None, **options: object) -> discord.Message:
    result = await (who or world.ada).slash(world.channel, "history", **options)
    assert result.response is not None
    assert result.response.ephemeral
    return result.response.message


async def press_page(world: SimWorld, who: MemberActor, page: PageId) -> str:
    """The private answer to a forged press on a public message."""
    row = {"type": 1, "components": [{"type": 2, "style": 2, "label": "Press", "custom_id": str(page)}]}
    backend = world.env.backend
    made = backend.create_message(world.channel.id, backend.bot_user.id, "forged", components=[row])
    return private(await who.click(to_discord_message(world.env, made), label="Press"))


async def test_own_videos_with_links_pictures_and_buttons(world: SimWorld) -> None:
    """The newest first, with a jump link, the kept first frame, Details, and Post it where it may be used."""
    assert says(text_of(await history(world, world.ben)), Key.LIST_EMPTY)
    first = await world.delivered("a red fox")
    await world.env.advance_time(10)
    kept = await job_setups.withheld(world)
    world.keep_frame(first)
    shown = await history(world)
    text = text_of(shown)
    assert text.index(kept.id) < text.index(first.id)
    assert (await world.shown(first, PostKind.VIDEO)).jump_url in text
    assert [one.filename for one in shown.attachments] == [f"frame-{first.id}.jpg"]
    assert targets(shown) == [(Action.POST_IT, kept.id), (Action.DETAILS, kept.id), (Action.DETAILS, first.id)]
    assert "a red fox" not in text_of(await history(world, world.ben))


@pytest.mark.slow
async def test_pages_of_five_turn_in_place(world: SimWorld) -> None:
    """Older and Newer show the next five in the same private message, also for an id that was kept for long."""
    made = [await world.delivered(f"fox number {number}") for number in range(6)]
    shown = await history(world)
    assert pages(shown) == [PageId(PageKind.HISTORY, 2)]
    assert made[0].id not in text_of(shown)
    older = await world.turn(world.ada, shown, PageId(PageKind.HISTORY, 2))
    assert older.id == shown.id
    assert made[0].id in text_of(older)
    assert made[5].id not in text_of(older)
    assert pages(older) == [PageId(PageKind.HISTORY, 1)]


@pytest.mark.slow
async def test_a_search_keeps_its_words_from_page_to_page(world: SimWorld) -> None:
    """In any case and script, without wildcards; the words are in the button."""
    for number in range(6):
        await world.delivered(f"ЛИСА {number}")
    await world.delivered("a red fox")
    shown = await history(world, search="  лиса ")
    page = PageId(PageKind.HISTORY, 2, search="лиса")
    assert pages(shown) == [page]
    assert "a red fox" not in text_of(shown)
    assert "ЛИСА 0" in text_of(await world.turn(world.ada, shown, page))
    for nothing in ("%", "_", "whale"):
        assert says(text_of(await history(world, search=nothing)), Key.HISTORY_NOT_FOUND)


async def test_only_managers_look_for_a_member(world: SimWorld) -> None:
    """Others are refused, also with a forged page; oneself is oneself."""
    video = await world.delivered("a red fox")
    assert says(text_of(await history(world, world.ben, member=world.ada)), Reason.MANAGERS_ONLY)
    assert video.id in text_of(await history(world, world.ada, member=world.ada))
    listed = text_of(await history(world, world.mia, member=world.ada))
    assert video.id in listed
    assert "a red fox" in listed
    assert says(text_of(await history(world, world.mia, member=world.ben)), Key.HISTORY_NO_MEMBER)


async def test_managers_read_and_find_no_prompt_out_of_sight(world: SimWorld) -> None:
    """Of a channel that they can't see: who, when, model, cost and end; a search doesn't find it."""
    hidden = world.guild.create_text_channel("hidden")
    secret = await world.delivered("a secret fox", where=hidden)
    open_one = await world.delivered("an open fox")
    world.hide(hidden, world.mia)
    listed = await history(world, world.mia, member=world.ada)
    assert secret.id in text_of(listed)
    assert "secret fox" not in text_of(listed)
    assert "an open fox" in text_of(listed)
    assert [target for _, target in targets(listed)] == [open_one.id]
    found = text_of(await history(world, world.mia, member=world.ada, search="fox"))
    assert open_one.id in found
    assert secret.id not in found
    assert says(text_of(await history(world, world.mia, member=world.ada, search="secret")), Key.HISTORY_NOT_FOUND)


async def test_managers_see_only_what_was_made_in_their_server(world: SimWorld) -> None:
    """A member's videos of other servers are neither listed nor found."""
    here = await world.delivered("a fox of this server")
    there = await world.delivered("a fox of another server")
    await world.write(_in_another_server, there)
    for options in ({}, {"search": "fox"}):
        listed = text_of(await history(world, world.mia, member=world.ada, **options))
        assert here.id in listed
        assert there.id not in listed
        assert there.id in text_of(await history(world, **options))


async def test_a_search_reads_on_until_the_page_is_full(world: SimWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prompts are read in pieces, the newest first, up to a bound."""
    monkeypatch.setattr(module, "PIECE", 1)
    wanted = await world.delivered("a red fox")
    await world.env.advance_time(10)
    await world.delivered("a whale")
    assert wanted.id in text_of(await history(world, search="fox"))
    monkeypatch.setattr(module, "SEARCHED_MAX", 1)
    assert says(text_of(await history(world, search="fox")), Key.HISTORY_NOT_FOUND)


@pytest.mark.slow
async def test_not_every_channel_is_looked_at(world: SimWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is looked at once, and only some: the videos of further ones are listed as if they were out of sight."""
    monkeypatch.setattr(module, "_CHANNELS_MAX", 1)
    for name in ("aside", "beside"):
        place = world.guild.create_text_channel(name)
        await world.delivered(f"a fox {name}", where=place)
        await world.delivered(f"another fox {name}", where=place)
    listed = text_of(await history(world, world.mia, member=world.ada))
    assert sorted(name for name in ("aside", "beside") if name in listed) in (["aside"], ["beside"])
    assert listed.count("a fox ") == listed.count("another fox ") == 1


async def _in_another_server(connection: AsyncConnection, job: Job) -> None:
    await connection.execute(sa.update(jobs).where(jobs.c.id == job.id).values(guild_id=99, channel_id=98))


@pytest.mark.slow
async def test_rights_are_checked_at_each_page(world: SimWorld) -> None:
    """A page with another person's id is for managers: to others the refusal takes its place."""
    for number in range(6):
        await world.delivered(f"fox number {number}")
    (page,) = pages(await history(world, world.mia, member=world.ada))
    assert page == PageId(PageKind.HISTORY, 2, world.ada.id)
    assert "fox number 0" in text_of(
        await world.turn(world.mia, await history(world, world.mia, member=world.ada), page)
    )
    mine = await history(world)
    forged = await world.turn(world.ada, mine, pages(mine)[0])
    assert "fox number 0" in text_of(forged)
    refused = await press_page(world, world.ben, page)
    assert says(refused, Reason.MANAGERS_ONLY)
    assert "fox" not in refused


async def test_one_that_is_searched_by_many_blanks_is_the_whole_list(world: SimWorld) -> None:
    """An empty search shows everything."""
    video = await world.delivered("a red fox")
    assert video.id in text_of(await history(world, search="   "))
    assert video.id in text_of(await history(world, search="\u200b"))


@pytest.mark.slow
async def test_managers_see_the_frames_of_posted_videos_alone(world: SimWorld) -> None:
    """Not those of a video that was withheld, that went to its requester's DM, or that was deleted."""
    posted, kept = await world.delivered(), await job_setups.withheld(world)
    by_dm, gone = await world.delivered(), await world.delivered()
    moved = sa.update(posts).where(posts.c.job_id == by_dm.id, posts.c.kind == PostKind.VIDEO).values(channel_id=5)
    await world.write(lambda connection: connection.execute(moved))
    question = await press(world.ada, await world.shown(gone, PostKind.VIDEO), Action.DELETE)
    await press(world.ada, question.response, Action.DELETE)
    for job in (posted, kept, by_dm, gone):
        world.keep_frame(job)
    seen = await history(world, world.mia, member=world.ada)
    assert [one.filename for one in seen.attachments] == [f"frame-{posted.id}.jpg"]
    own = {one.filename for one in (await history(world)).attachments}
    assert own == {f"frame-{job.id}.jpg" for job in (posted, kept, by_dm)}


async def test_private_videos_are_their_requesters_alone(world: SimWorld) -> None:
    """Managers see that there is one, and neither find nor read its prompt."""
    # The response waits for the card in the DM.
    posting = asyncio.create_task(world.engine.outbox.run())
    await world.ada.slash(world.channel, "video", prompt="a secret fox", private=True)
    posting.cancel()
    await world.engine.outbox.finish(5.0)
    await world.settle()
    secret = await world.fetched((await world.jobs())[0])
    assert secret.request.private
    assert "a secret fox" in text_of(await history(world))
    listed = await history(world, world.mia, member=world.ada)
    assert secret.id in text_of(listed)
    assert "secret fox" not in text_of(listed)
    assert targets(listed) == []
    found = text_of(await history(world, world.mia, member=world.ada, search="secret"))
    assert says(found, Key.HISTORY_NOT_FOUND)
    forged = await press_page(world, world.mia, PageId(PageKind.HISTORY, 1, UserId(world.ada.id), "secret"))
    assert secret.id not in forged
