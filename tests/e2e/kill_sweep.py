"""The sweep: one life of a job is killed at its first commit or request, the next at a later one, and so on.

It goes on until a job comes through because it has no commit or request of that number. The life that picks up the
pieces of one death is the one that is killed next.
"""

import asyncio
import itertools
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bot.chat.custom_ids import Action
from bot.jobs.states import ENDS
from sandbox.chat import Call, Channel, Guild, Message, Person
from sandbox.chat.command_filler import NotPossibleError
from sandbox.stage import Stage
from sandbox.studio import Fault
from sandbox.studio.state import RenderState
from tests.databases import Row, rows_of
from tests.e2e.inspection import public
from tests.e2e.ladder_scene import CountedFfmpeg
from tests.e2e.messages import actions, ever_posted, press
from tests.e2e.scene import NO_MODEL, a_stage, first_plan, openrouter_plan, picture
from tests.e2e.stop_scene import a_stopping_stage, stops
from tests.figures import figure

Life = Literal["video", "remix", "failure", "ladder", "private", "stop", "fail-over", "fallback"]
Where = Literal["commit", "request to Discord", "request to the provider", "request to the next provider"]
When = Literal["before", "after"]
_MOST_POINTS = 60
_SECONDS = 150
# In `make test` every third of them is met, in each sweep others: the lives begin alike, so each point is met by one.
STRIDE = figure(3, 1)
_FIRST: dict[tuple[Life, When], int] = {
    ("failure", "before"): 1,
    ("failure", "after"): 2,
    ("video", "before"): 2,
    ("video", "after"): 3,
    ("remix", "before"): 3,
    ("remix", "after"): 1,
    ("ladder", "before"): 1,
    ("ladder", "after"): 3,
    ("private", "before"): 2,
    ("private", "after"): 1,
    ("stop", "before"): 3,
    ("stop", "after"): 2,
    ("fail-over", "before"): 3,
    ("fail-over", "after"): 2,
    ("fallback", "before"): 2,
    ("fallback", "after"): 1,
}
# Several processes that share a database also renew leases and look for free work there, however jobs are doing.
_OF_JOBS = r"^(INSERT|UPDATE|DELETE)(?! INTO processes| processes| roles)(?! \w+ SET owner=)"
_LOOKS_BETWEEN_STEPS = 20
_SMALL = {"default_size": "160x90", "frames_per_second": 1}
# The picture of each video is fitted.
_FITTING = {"VIDEOS_REFERENCE_FIT": "cover", "VIDEOS_SIZES": "160x90"}
_END: dict[Life, str] = {
    "video": "delivered",
    "remix": "delivered",
    "failure": "failed",
    "ladder": "delivered",
    "private": "delivered",
    "stop": "stopped",
    "fail-over": "delivered",
    "fallback": "delivered",
}
_PROMPT: dict[Life, str] = {
    "video": "A heron",
    "remix": "At night",
    "failure": "A doomed balloon",
    "ladder": "A large heron",
    "private": "A secret heron",
    "stop": "An unwanted heron",
    "fail-over": "A heron elsewhere",
    "fallback": "On a moon",
}
_SETTLED = {"sent", "gone", "refused"}
# How much time passes at once after a restart: ffmpeg is waited for for a minute, and a render to be stopped goes on.
_STEP_SECONDS: dict[Life, float] = {"ladder": 4.0, "stop": 2.0, "fallback": 4.0}
# A card is edited again after three seconds. A stopped render is looked at every few seconds, for a minute.
_CARD_SECONDS, _STOPPING_SECONDS, _IN_VAIN_SECONDS = 3.0, 5.0, 50.0


@dataclass(frozen=True)
class Sweep:
    """One life, killed again and again at one kind of moment."""

    stage: Stage
    life: Life
    where: Where
    when: When
    guild: Guild
    channel: Channel
    parent: Message
    pause_seconds: float
    ffmpeg: CountedFfmpeg

    def rows(self, query: str, *values: object) -> list[Row]:
        """What that query finds in the bot's database."""
        return rows_of(self.stage, query, *values)

    def row(self, prompt: str) -> Row | None:
        """The one job with that prompt, if it was stored."""
        rows = self.rows("SELECT * FROM jobs WHERE prompt = ?", prompt)
        assert len(rows) <= 1, prompt
        return rows[0] if rows else None

    def at_rest(self, prompt: str) -> bool:
        """Whether that job has ended, or its requester was asked, and nothing of it is still to be said."""
        row = self.row(prompt)
        if row is None or row["state"] not in {*ENDS, "uncertain"}:
            return False
        posts = self.rows("SELECT * FROM posts WHERE job_id = ?", row["id"])
        # The card of a job that wasn't stored remains.
        stays = row["state"] in ("uncertain", "stopped", "cancelled")
        cards = [] if stays else [post for post in posts if post["kind"] == "card"]
        return all(post["state"] in _SETTLED for post in posts) and all(card["state"] == "gone" for card in cards)


async def sweep(folder: Path, life: Life, where: Where, when: When, *, pause_seconds: float = 0.0) -> int:
    """Kill at every such moment, or every STRIDE-th, each time asserting P1 to P3; return the number of the last one.

    With a pause, that much time passes between death and restart, and Discord forgets the nonces meanwhile.
    """
    async with _a_sweep(folder, life, where, when, pause_seconds) as one:
        # Of the provider that refuses it there is one request.
        is_single = life == "fail-over" and where == "request to the provider"
        first = 1 if is_single else min(_FIRST[life, when], STRIDE)
        for number in range(first, _MOST_POINTS, STRIDE):
            if not await _killed_at(one, number):
                killed = range(first, number, STRIDE)
                assert killed, "nothing was ever killed"
                print(f"{life}: killed {when} each {where} of {list(killed)}")  # noqa: T201  # the test's figure
                return killed[-1]
    raise AssertionError(f"a job with more than {_MOST_POINTS} of them")


@asynccontextmanager
async def _a_sweep(folder: Path, life: Life, where: Where, when: When, pause_seconds: float):
    ffmpeg = CountedFfmpeg(folder / "bin")
    settings = ffmpeg.settings if life in ("ladder", "fallback") else _FITTING if life == "video" else None
    providers = {"first": first_plan(), "second": openrouter_plan()} if life == "fail-over" else None
    several = {} if providers is None else {"providers": providers}
    a_place = a_stopping_stage if life == "stop" else a_stage
    async with a_place(folder, settings=settings, **several, **_SMALL) as stage:
        if providers is not None:
            # The first provider never has the model.
            stage.studio.faults.add("create", NO_MODEL, times=1_000_000)
        if pause_seconds:
            stage.chat.nonce_window_seconds = 0.0
        guild = stage.chat.add_guild("Night Shift")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        channel = guild.add_channel("videos")
        await ada.slash(channel, "video", prompt="The parent")
        parent = await stage.chat.wait_message(channel, lambda m: m.attachments)
        one = Sweep(stage, life, where, when, guild, channel, parent, pause_seconds, ffmpeg)
        await _until(one, lambda: one.at_rest("The parent"))
        if life == "ladder":
            # More than Discord takes, and less than twice that: uploaded, refused, and compressed then.
            stage.studio.dials.megabytes = 12.0
        if life == "fallback":
            # The provider has lost the parent, and is asked for a remix of it each time.
            stage.studio.faults.add("remix", Fault.status(404), times=1_000_000)
        if life == "stop":
            stage.studio.dials.render_seconds = 200.0
        yield one
        assert len(ffmpeg.encodes) == len(set(ffmpeg.encodes)), "something was encoded twice"
        assert "Traceback" not in stage.bot.log()
        assert not list(stage.bot.data_dir.rglob("*.part"))
        assert life != "video" or len(list((stage.bot.data_dir / "fitted").iterdir())) == 1
        if "DATABASE_URL" not in stage.settings:
            assert [tuple(row) for row in one.rows("PRAGMA integrity_check")] == [("ok",)]


async def _killed_at(one: Sweep, number: int) -> bool:
    """Live one life until its `number`-th such moment, and the rest of it after a restart; False if it has fewer."""
    prompt = f"{_PROMPT[one.life]}, number {number}"
    said_before = len(one.stage.chat.posts)
    if one.life == "ladder":
        # What a server takes is learned: each life begins without that.
        guild = one.stage.chat.add_guild(f"Night Shift {number}")
        one = replace(one, guild=guild, channel=guild.add_channel("videos"))
    # Somebody else each time: after three refused renders a person rests for a while.
    asker = one.stage.chat.add_person(f"Ada the {number}.")
    one.guild.join(asker)
    place = one.stage.chat.dm(asker) if one.life == "private" else one.channel
    pressing = asyncio.create_task(_stop(one, prompt, asker)) if one.life == "stop" else None
    try:
        return await _lives(one, number, prompt, asker, place, said_before)
    finally:
        if pressing is not None:
            pressing.cancel()
            await asyncio.gather(pressing, return_exceptions=True)


async def _lives(one: Sweep, number: int, prompt: str, asker: Person, place: Channel, said_before: int) -> bool:
    if not await _dies(one, number, prompt, asker):
        _judge(one, prompt, place, said_before, in_doubt=False)
        return False
    await one.stage.chat.bot_gone()
    found = one.row(prompt)
    in_doubt = found is not None and found["state"] == "submitting"
    # What ffmpeg has begun is not begun again, and this provider has no public link.
    is_cut_off = found is not None and found["fit_step"] is not None and found["fitted_sha256"] is None
    one.stage.jump(one.pause_seconds)
    await one.stage.start_bot()
    if found is not None:
        await _until(one, lambda: one.at_rest(prompt), step_seconds=_STEP_SECONDS.get(one.life, 20.0))
    _judge(one, prompt, place, said_before, in_doubt=in_doubt, is_cut_off=is_cut_off)
    return True


async def _dies(one: Sweep, number: int, prompt: str, asker: Person) -> bool:
    stage, bot = one.stage, one.stage.bot
    if one.where == "commit":
        bot.crash_at_commit(number, one.when, _OF_JOBS if "DATABASE_URL" in stage.settings else "")
        await _ask(one, prompt, asker)
        await _until(one, lambda: not bot.running or one.at_rest(prompt))
        bot.crash_at_commit(0, one.when)
        died = not bot.running
        await bot.kill()
        if not died:
            await stage.start_bot()
        return died
    if one.where == "request to Discord":
        gate = stage.chat.gate("anything", one.when, skip=number - 1)
        forget, cut = stage.chat.faults.remove_gate, gate.drop
    else:
        studio = list(stage.studios.values())[1 if one.where == "request to the next provider" else 0]
        gate = studio.gate("anything", "before_take" if one.when == "before" else "after_take", skip=number - 1)
        forget, cut = studio.remove_gate, gate.cut
    await _ask(one, prompt, asker)
    await _until(one, lambda: gate.reached.is_set() or one.at_rest(prompt))
    if not gate.reached.is_set():
        forget(gate)
        return False
    await bot.kill()
    cut()
    return True


async def _ask(one: Sweep, prompt: str, asker: Person) -> None:
    if one.life in ("remix", "fallback"):
        await asker.reply(one.parent, prompt)
    elif one.life == "video":
        await asker.slash(one.channel, "video", prompt=prompt, reference=picture())
    elif one.life == "private":
        await asker.slash(one.channel, "video", prompt=prompt, private=True)
    else:
        await asker.slash(one.channel, "video", prompt=prompt)


async def _stop(one: Sweep, prompt: str, asker: Person) -> None:
    """Press Stop on the job's card until that is stored, also in the bot's next life; let time pass for what follows.

    None passes while a press waits for its acknowledgement, and little before: the render would end unstopped.
    """
    pressed: dict[int, Call] = {}
    for looks in itertools.count():
        await asyncio.sleep(0.05)
        row, life = one.row(prompt), one.stage.bot.lives
        if row is None or row["state"] != "rendering" or not one.stage.chat.bot_online:
            continue
        shown = [card for card in one.channel.messages if prompt in card.text and Action.STOP in actions(card)]
        is_pending = life in pressed and pressed[life].answer.state == "thinking"
        if row["stop_sent_at"] is not None:
            one.stage.jump(_IN_VAIN_SECONDS if row["stop_asked_at"] is None else _STOPPING_SECONDS)
        elif shown and not row["withheld"] and not is_pending:
            with suppress(NotPossibleError):
                pressed[life] = await press(asker, shown[0], Action.STOP)
        elif not is_pending and looks % _LOOKS_BETWEEN_STEPS == 0:
            one.stage.jump(_CARD_SECONDS)


async def _until(one: Sweep, true: Callable[[], bool], *, step_seconds: float = 0.0) -> None:
    """Return once that is so; what was put off comes with time that passes."""
    try:
        async with asyncio.timeout(_SECONDS):
            for looks in itertools.count(1):
                if true():
                    return
                if step_seconds and looks % _LOOKS_BETWEEN_STEPS == 0:
                    one.stage.jump(step_seconds)
                await asyncio.sleep(0.03)
    except TimeoutError:
        stands = [tuple(row) for row in one.rows("SELECT id, state, prompt FROM jobs")][-3:]
        unsaid = [tuple(row) for row in one.rows("SELECT * FROM posts")][-3:]
        raise AssertionError(f"{one.life}, {one.when} a {one.where}: never came to rest: {stands} {unsaid}") from None


def _judge(
    one: Sweep, prompt: str, place: Channel, said_before: int, *, in_doubt: bool, is_cut_off: bool = False
) -> None:
    """By the two servers' counts: paid at most once, posted exactly once, in that place, and with the right end."""
    row = one.row(prompt)
    said = one.stage.chat.posts[said_before:]
    posted = {kind: [m for m in ever_posted(one.stage.chat, place, kind) if m in said] for kind in _KINDS}
    counts = {kind: len(messages) for kind, messages in posted.items()}
    assert place is one.channel or not any(m in said for m in public(one.stage, one.channel)), prompt
    paid = one.stage.paid(f"The parent\n\nChange: {prompt}" if one.life == "fallback" else prompt)
    found = f"{prompt}: {counts}, paid {paid}, {'no row' if row is None else row['state']}"
    if row is None:
        assert (paid, sum(counts.values())) == (0, 0), found
        return
    assert paid <= 1, found
    assert counts["card"] <= 1, found
    told = counts["video"], counts["fail"], counts["unsure"]
    if in_doubt:
        assert (row["state"], told) == ("uncertain", (0, 0, 1)), found
        return
    if one.life == "stop":
        _judge_stop(one, row, found)
        assert (paid, told) == (1, (0, 0, 0)), found
        return
    end = "undeliverable" if is_cut_off else _END[one.life]
    assert (row["state"], paid) == (end, 1), found
    assert told == ((1, 0, 0) if end == "delivered" else (0, 1, 0)), found
    assert all(card.deleted for card in posted["card"]), found


def _judge_stop(one: Sweep, row: Row, found: str) -> None:
    """The provider was asked at most once; what it has stopped is stopped, and anything else is kept."""
    (render,) = [render for render in one.stage.studio.renders if render.id == row["remote_id"]]
    asked, was_stopped = len(stops(one.stage, render.id)), render.state is RenderState.CANCELLED
    assert asked <= 1, found
    assert asked == 1 or not was_stopped, found
    assert row["state"] == (_END["stop"] if was_stopped else "cancelled"), found
    assert (bool(row["withheld"]), row["stop_sent_at"] is not None) == (True, True), found


_KINDS = ("card", "video", "fail", "unsure", "late", "slow")
