"""Finding jobs: what people mean, what they see, and what must be kept."""

from dataclasses import replace

import pytest

from bot.jobs.database import Database
from bot.jobs.drafts import Draft
from bot.jobs.model import Job, JobId, Place, VideoRequest
from bot.jobs.states import ENDS, State
from bot.jobs.store import drafts, finding, pictures
from tests.unit.bot.jobs.samples import (
    ANNA,
    BEN,
    DM,
    HERE,
    NEXT_DOOR,
    OTHER_DM,
    OTHER_SERVER,
    PROVIDER,
    a_job,
    a_picture,
    a_private_job,
    put,
)

NOW = 5_000.0
RUNNING = [state for state in State if state not in ENDS]


def finished(accepted_at: float = 1_000.0, **changes: object) -> Job:
    return a_job(State.DELIVERED, accepted_at=accepted_at, **changes)


async def suggested(database: Database, typed: str = "", place: Place = HERE, limit: int = 25) -> list[str]:
    found = await database.read(finding.suggest_finished_in_place, ANNA, place, typed, limit)
    return [job.id for job in found]


async def own(database: Database, typed: str = "", limit: int = 25) -> list[str]:
    return [job.id for job in await database.read(finding.suggest_own_everywhere, ANNA, typed, limit)]


async def test_jobs_are_found_by_their_names(database: Database) -> None:
    """By short id, by the act that made them, and by the provider's id at that provider."""
    job = a_job(State.RENDERING, origin_id="act-1", remote_id="video_1")
    await database.write(put, job, a_job())
    assert await database.read(finding.get, job.id) == job
    chosen = replace(job.request, options=(("seed", 7), ("sound", False), ("style", "film")))
    other = replace(finished(remote_id="video_7"), request=chosen)
    await database.write(put, other)
    assert await database.read(finding.get, other.id) == other
    assert await database.read(finding.find_by_origin, "act-1") == job
    assert await database.read(finding.find_by_remote, [PROVIDER], "video_1") == job
    assert await database.read(finding.find_by_ids, [job.id, JobId("00000000")]) == {job.id: job}
    assert await database.read(finding.find_by_ids, []) == {}


async def test_what_is_not_there_is_none(database: Database) -> None:
    """Unknown ids, acts and provider's ids, and those of another provider."""
    await database.write(put, a_job(State.RENDERING, remote_id="video_1"), a_job())
    assert await database.read(finding.get, JobId("00000000")) is None
    assert await database.read(finding.find_by_origin, "act-1") is None
    assert await database.read(finding.find_by_remote, [PROVIDER], "video_2") is None
    assert await database.read(finding.find_by_remote, ["https://elsewhere.test"], "video_1") is None


async def test_a_remix_has_the_model_of_the_nearest_video_above_that_names_one(database: Database) -> None:
    """Its own first; None where none above it is known, or names any."""
    first, second, third = (finished(1_000.0 + number, remote_id=f"video_{number}") for number in range(3))
    first = replace(first, request=replace(first.request, model="sora-2"))
    second = replace(second, request=replace(second.request, model=None, parent_id=first.id))
    third = replace(third, request=replace(third.request, model=None, parent_id=second.id))
    orphan = finished(2_000.0, remote_id="video_9")
    orphan = replace(orphan, request=replace(orphan.request, model=None, parent_id=JobId("00000000")))
    for job in (first, second, third, orphan):
        await database.write(put, job)
    models = [await database.read(finding.find_model, job.id) for job in (first, second, third, orphan)]
    assert models == ["sora-2", "sora-2", "sora-2", None]
    assert await database.read(finding.find_model, JobId("00000000")) is None


async def test_the_newest_finished_video_of_a_channel(database: Database) -> None:
    """The asker's own, in that very channel, finished or just being posted, and not deleted."""
    best = finished(500.0)
    await database.write(
        put,
        finished(400.0),
        best,
        finished(600.0, removed_at=NOW),
        finished(700.0, user_id=BEN),
        finished(800.0, place=NEXT_DOOR),
        *(a_job(state, accepted_at=900.0) for state in State if state not in {State.DELIVERED, State.POSTING}),
    )
    assert await database.read(finding.find_newest_finished_in_channel, ANNA, HERE.channel_id) == best
    posting = a_job(State.POSTING, accepted_at=900.0)
    await database.write(put, posting)
    assert await database.read(finding.find_newest_finished_in_channel, ANNA, HERE.channel_id) == posting
    assert await database.read(finding.find_newest_finished_in_channel, ANNA, DM.channel_id) is None


async def test_a_private_video_is_found_in_its_dm(database: Database) -> None:
    """As the newest one there, not in the channel where it was requested; by typing also in its server."""
    video = a_private_job(State.DELIVERED)
    await database.write(put, video)
    assert await database.read(finding.get, video.id) == video
    assert await database.read(finding.find_newest_finished_in_channel, ANNA, DM.channel_id) == video
    assert await database.read(finding.find_newest_finished_in_channel, ANNA, HERE.channel_id) is None
    assert await suggested(database, place=DM) == await suggested(database, place=HERE) == [video.id]
    assert await suggested(database, place=OTHER_DM) == []


async def test_a_channel_that_is_gone_ends_no_private_job(database: Database) -> None:
    """Its messages go elsewhere; a server that is gone ends all of its jobs."""
    private, public = a_private_job(), a_job()
    await database.write(put, private, public)
    assert await database.read(finding.find_waiting_in, HERE.guild_id, HERE.channel_id) == [public.id]
    assert set(await database.read(finding.find_waiting_in, HERE.guild_id)) == {private.id, public.id}


async def test_any_text_may_be_typed(database: Database) -> None:
    """Also what no text of the database can contain."""
    fox = finished(prompt="a red fox")
    await database.write(put, fox)
    assert await suggested(database, "red\0 fox") == [fox.id]
    assert await own(database, "\ud800" * 5_000) == []


async def test_suggestions_are_the_askers_finished_videos_of_the_server(database: Database) -> None:
    """Newest first, of all channels of that server and of no other place; at most as many as asked for."""
    old, new = finished(100.0), finished(300.0, place=NEXT_DOOR)
    await database.write(
        put,
        old,
        new,
        finished(200.0, place=OTHER_SERVER),
        finished(200.0, place=DM),
        finished(200.0, user_id=BEN),
        finished(200.0, removed_at=NOW),
        a_job(State.RENDERING),
    )
    assert await suggested(database) == [new.id, old.id]
    assert await suggested(database, limit=1) == [new.id]


async def test_suggestions_in_a_dm_are_those_of_the_dm(database: Database) -> None:
    """Not of servers and not of another DM."""
    here = finished(place=DM)
    await database.write(put, here, finished(place=OTHER_DM), finished())
    assert await suggested(database, place=DM) == [here.id]


@pytest.mark.parametrize("typed", ["FOX", " red fox ", "a red", "fox"])
async def test_typed_text_is_found_in_prompts(database: Database, typed: str) -> None:
    """Anywhere in the prompt, in any case, blanks around it forgiven; in /remix as in /status."""
    fox = finished(prompt="A red Fox runs")
    await database.write(put, fox, finished(prompt="a blue whale"))
    wanted = [fox.id]
    assert await suggested(database, typed) == wanted
    assert await own(database, typed) == wanted


async def test_typed_text_is_found_in_ids(database: Database) -> None:
    """A part of the short id, in any case."""
    job = finished(prompt="…")
    await database.write(put, job, finished(prompt="…"))
    assert await suggested(database, job.id.lower()) == [job.id]
    assert await own(database, job.id[:7]) == [job.id]


@pytest.mark.parametrize(
    ("typed", "found", "missed"),
    [
        ("100%", "a 100% wool sheep", "a 1000 wool sheep"),
        ("%", "5 %", "five"),
        ("a_b", "snake a_b", "snake aXb"),
        ("_", "under_score", "no score"),
        ("\\", "back\\slash", "slash"),
        ("\\%", "a \\% b", "a % b"),
        ("'", "it's", "its"),
        ("%' OR 1=1 --", "x%' or 1=1 --", "x"),
    ],
)
async def test_wildcards_are_only_letters(database: Database, typed: str, found: str, missed: str) -> None:
    """Characters that mean something to the database mean themselves."""
    hit = finished(prompt=found)
    await database.write(put, hit, finished(prompt=missed))
    assert await suggested(database, typed) == [hit.id]
    assert await own(database, typed) == [hit.id]


async def test_own_jobs_are_running_ones_first(database: Database) -> None:
    """The asker's, of all places: running ones newest first, then ended ones newest first, at most as many as asked."""
    running = [a_job(state, accepted_at=100.0 + number) for number, state in enumerate(RUNNING)]
    ended = [a_job(state, accepted_at=900.0 + number, place=DM) for number, state in enumerate(ENDS)]
    await database.write(put, *running, *ended, a_job(user_id=BEN))
    expected = [job.id for job in (*reversed(running), *reversed(ended))]
    assert await own(database) == expected
    assert await own(database, limit=3) == expected[:3]
    assert [job.id for job in await database.read(finding.find_own_everywhere, ANNA, 3)] == expected[:3]


async def test_of_a_persons_jobs_the_newest_are_searched(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older one is given by its id; those of other people don't count."""
    monkeypatch.setattr(finding, "SEARCHED_MAX", 3)
    given = [finished(float(number), prompt=f"fox {number}") for number in range(5)]
    await database.write(put, *given, *(finished(9.0 + number, user_id=BEN) for number in range(5)))
    newest = [job.id for job in reversed(given)][:3]
    assert await suggested(database) == newest
    assert await own(database) == newest
    assert await own(database, "fox 1") == []
    assert await own(database, "fox 2") == newest[2:]


async def test_a_choice_has_the_beginning_of_the_prompt(database: Database) -> None:
    """A long prompt isn't read to its end for one line."""
    job = finished(prompt="🦊" * 4_000)
    await database.write(put, job)
    (found,) = await database.read(finding.suggest_own_everywhere, ANNA, "", 25)
    assert found == finding.Suggestion(job.id, "🦊" * 200, job.accepted_at)
    (found,) = await database.read(finding.suggest_own_everywhere, ANNA, "", 25, whole=True)
    assert found == finding.Suggestion(job.id, "🦊" * 4_000, job.accepted_at)


async def test_when_paid_requests_were_begun(database: Database) -> None:
    """Since a moment, oldest first, for jobs in every state."""
    await database.write(
        put,
        a_job(State.FAILED, submitted_at=300.0),
        a_job(State.RENDERING, submitted_at=200.0),
        a_job(State.DELIVERED, submitted_at=100.0),
        a_job(),
    )
    assert await database.read(finding.find_submit_times_since, 100.0) == [200.0, 300.0]


async def test_pictures_that_are_still_needed(database: Database) -> None:
    """Of running jobs, of drafts, and of jobs that ended not long ago: Again and Retry send the same bytes."""
    await database.write(
        put,
        *(a_job(state, pictures=(a_picture(letter),)) for letter, state in zip("abcdef", RUNNING, strict=True)),
        a_job(State.DELIVERED, pictures=(a_picture("1"), a_picture("2", "jpg")), ended_at=NOW + 1),
        a_job(State.FAILED, pictures=(a_picture("3"),), ended_at=NOW - 1),
        a_job(State.FAILED, pictures=(a_picture("a"),), ended_at=NOW - 1),
    )
    draft = Draft("d", ANNA, HERE, VideoRequest("", references=(a_picture("9", "webp"),)), None, 1.0)
    await database.write(drafts.save_draft, draft)
    kept = await database.read(pictures.find_kept_references, NOW)
    expected = {a_picture(letter).file_name for letter in "abcdef1"}
    assert kept == expected | {a_picture("2", "jpg").file_name, a_picture("9", "webp").file_name}


async def test_videos_that_are_still_needed(database: Database) -> None:
    """On their way, or ended without being posted not long ago; a posted one is Discord's."""
    needed = [a_job(state) for state in RUNNING]
    needed += [a_job(state, ended_at=NOW + 1) for state in (State.CANCELLED, State.UNDELIVERABLE)]
    await database.write(
        put,
        *needed,
        *(a_job(state, ended_at=NOW - 1) for state in (State.CANCELLED, State.UNDELIVERABLE)),
        *(a_job(state, ended_at=NOW + 1) for state in (State.DELIVERED, State.FAILED, State.REFUSED, State.LOST)),
    )
    assert await database.read(finding.find_kept_videos, NOW) == {job.id for job in needed}
