"""The experiment of the kill tests: ten jobs, ten `kill -9` at random moments, then a look at what the fakes counted.

A seed decides what is asked when, when the bot is killed and how much time passes in between; what the bot was doing at
that very moment is up to the machine, so that a seed run again is a like experiment, not the same one.
"""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from bot.chat.custom_ids import Kind, parse_button
from bot.jobs.states import ENDS
from sandbox.chat import Channel, Message, Person
from sandbox.stage import Stage
from sandbox.studio import Fault
from tests.e2e.scenes import a_stage, picture

KILLS = 10
_KILLS_AT_START = 4
_GIVE_UP_SECONDS = 86_400
# Nothing passes, the nonce is still surely good, it may or may not be, it is forgotten.
_PAUSES_SECONDS = (0.0, 0.0, 0.0, 20.0, 125.0, 200.0)
_ENDING = {"doomed": "failed", "forbidden": "refused"}
_SETTLED = {"sent", "gone"}
_SMALL = {"default_size": "160x90", "frames_per_second": 1}


@dataclass(frozen=True)
class Intent:
    """What one person wants once; they ask again when the bot died before it had taken it."""

    prompt: str
    by: int
    how: str = "video"


def _ten_intents(seed: int) -> list[Intent]:
    return [
        Intent(f"Kite number one of {seed}", 0),
        Intent(f"Kite number two of {seed}", 1),
        Intent(f"Kite number three of {seed}", 2, "picture"),
        Intent(f"Kite number four of {seed}", 0),
        Intent(f"Kite number five of {seed}", 1),
        Intent(f"Make it night in {seed}", 2, "reply"),
        Intent(f"Make it snow in {seed}", 0, "reply"),
        Intent(f"Make it slower in {seed}", 1, "remix"),
        Intent(f"A doomed balloon of {seed}", 2),
        Intent(f"A forbidden balloon of {seed}", 0),
    ]


@dataclass
class Experiment:
    """One run. `found_submitting` are the jobs that a kill hit while nobody knew whether the provider had them."""

    stage: Stage
    seed: int
    rng: Random
    people: list[Person]
    channel: Channel
    intents: list[Intent]
    parent: Message | None = None
    found_submitting: set[str] = field(default_factory=set)

    def rows(self) -> list[sqlite3.Row]:
        """Every job as the database holds it."""
        return read_rows(self.stage.bot.data_dir / "bot.db", "SELECT * FROM jobs")

    def posts(self) -> list[sqlite3.Row]:
        """Every message as the database holds it."""
        return read_rows(self.stage.bot.data_dir / "bot.db", "SELECT * FROM posts")

    def said(self, kind: Kind) -> Counter[str]:
        """How many messages of that kind each job ever said, deleted ones included."""
        return Counter(job_id for message in self.stage.chat.posts if (job_id := _job_of(message, kind)))

    async def ask(self, intent: Intent) -> None:
        """Let the person ask, and don't wait for anything."""
        person = self.people[intent.by]
        assert self.parent is not None
        match intent.how:
            case "reply":
                await person.reply(self.parent, intent.prompt)
            case "remix":
                video = _job_of(self.parent, Kind.VIDEO)
                await person.slash(self.channel, "remix", prompt=intent.prompt, video=video)
            case "picture":
                await person.slash(self.channel, "video", prompt=intent.prompt, reference=picture())
            case _:
                await person.slash(self.channel, "video", prompt=intent.prompt)

    def unasked(self) -> list[Intent]:
        """What the bot has not taken yet."""
        taken = {row["prompt"] for row in self.rows()}
        return [intent for intent in self.intents if intent.prompt not in taken]


def read_rows(database: Path, query: str) -> list[sqlite3.Row]:
    """What a query finds in the bot's database, whether or not the bot lives."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(query).fetchall()


async def run(folder: Path, seed: int) -> None:
    """Ten jobs through ten kills, then peace; then everything that was promised is asserted."""
    async with a_stage(folder, start=False, settings={"JOB_GIVE_UP_SECONDS": str(_GIVE_UP_SECONDS)}, **_SMALL) as stage:
        one = await _begin(stage, seed)
        at_start = set(one.rng.sample(range(1, KILLS), _KILLS_AT_START))
        for number in range(KILLS):
            await _live_and_die(one, number, at_start=number in at_start)
        await _rest(one)
        _judge(one)


async def _begin(stage: Stage, seed: int) -> Experiment:
    rng = Random(seed)
    guild = stage.chat.add_guild("Night Shift")
    people = [stage.chat.add_person(name) for name in ("Ada", "Ben", "Cleo")]
    for person in people:
        guild.join(person)
    channel = guild.add_channel("videos")
    intents = _ten_intents(seed)
    rng.shuffle(intents)
    one = Experiment(stage, seed, rng, people, channel, intents)
    await stage.start_bot()
    await people[0].slash(channel, "video", prompt=f"The first video of {seed}")
    one.parent = await stage.chat.wait_message(channel, lambda m: m.attachments)
    # A paid request takes as long as over a real network, so that death may come in the middle of it.
    for operation in ("create", "remix"):
        for _ in intents:
            stage.studio.faults.add(operation, Fault.delay(rng.uniform(0.0, 0.2)))
    print(f"seed {seed}")  # noqa: T201  # the seed and its kills are part of what the test says
    return one


async def _live_and_die(one: Experiment, number: int, *, at_start: bool) -> None:
    stage, rng = one.stage, one.rng
    asked: list[str] = []
    if at_start:
        delay_seconds = rng.uniform(0.0, 1.0)
        await stage.start_bot(ready=False)
    else:
        delay_seconds = rng.uniform(0.0, 0.6)
        if not stage.bot.running:
            await stage.start_bot()
        for intent in one.unasked()[: rng.randint(1, 3)]:
            asked.append(intent.prompt)
            await one.ask(intent)
    # The experiment itself: the moment of death.
    await asyncio.sleep(delay_seconds)
    await stage.bot.kill()
    await stage.chat.bot_gone()
    hit = {row["id"] for row in one.rows() if row["state"] == "submitting"}
    one.found_submitting |= hit
    pause_seconds = rng.choice(_PAUSES_SECONDS)
    stage.jump(pause_seconds)
    when = f"{delay_seconds:.3f} s after its {'start' if at_start else f'last of {len(asked)} questions'}"
    print(f"  kill {number + 1}: {when}, submitting {len(hit)}, then {pause_seconds:g} s pass")  # noqa: T201  # as above


async def _rest(one: Experiment) -> None:
    """Let the bot live in peace until everything has come to its end, at the very end past JOB_GIVE_UP_SECONDS."""
    await one.stage.start_bot()
    for intent in one.unasked():
        await one.ask(intent)
    await _settle(one, lambda: not one.unasked() and _calm(one, "uncertain"))
    assert set(one.said(Kind.UNSURE)) == one.found_submitting
    one.stage.jump(_GIVE_UP_SECONDS)
    await _settle(one, lambda: _calm(one))


async def _settle(one: Experiment, settled) -> None:
    """Wait for the bot's work; what it put off because something had failed comes with time that passes."""
    for _ in range(20):
        for _ in range(40):
            if settled():
                return
            await asyncio.sleep(0.05)
        one.stage.jump(30)
    stands = [(row["id"], row["state"], row["prompt"]) for row in one.rows()]
    unsaid = [tuple(post) for post in one.posts() if post["state"] not in _SETTLED]
    missing = [intent.prompt for intent in one.unasked()]
    raise AssertionError(
        f"seed {one.seed} never came to rest: jobs {stands}, unsaid {unsaid}, not taken {missing}\n"
        + one.stage.chat.transcript(one.channel, with_deleted=True)
    )


def _calm(one: Experiment, *besides: str) -> bool:
    if any(row["state"] not in {*ENDS, *besides} for row in one.rows()):
        return False
    posts = one.posts()
    cards_stand = any(post["kind"] == "card" and post["state"] == "sent" for post in posts)
    return all(post["state"] in _SETTLED for post in posts) and (bool(besides) or not cards_stand)


def _judge(one: Experiment) -> None:
    """0 lost, 0 charged twice, 0 posted twice, by the fakes' own counts; and the database agrees."""
    stage, rows = one.stage, one.rows()
    videos, failures, unsure = one.said(Kind.VIDEO), one.said(Kind.FAILURE), one.said(Kind.UNSURE)
    by_prompt = {row["prompt"]: row for row in rows}
    assert len(rows) == len(one.intents) + 1 == len(by_prompt)

    for intent in one.intents:
        row = by_prompt[intent.prompt]
        assert stage.studio.paid(intent.prompt) <= 1, intent
        assert stage.studio.paid(row["idempotency_key"]) <= 1, intent
        assert sum(bool(m.attachments) and intent.prompt in m.text for m in stage.chat.posts) == videos[row["id"]]
        match row["state"]:
            case "delivered":
                counted = (1, 0, 0)
            case "failed" | "refused":
                counted = (0, 1, 0)
            case _:
                counted = (0, 1, 1)
                assert (row["state"], row["id"] in one.found_submitting) == ("lost", True), tuple(row)
        assert (videos[row["id"]], failures[row["id"]], unsure[row["id"]]) == counted, (intent, row["state"])
        if row["id"] not in one.found_submitting:
            expected = next((_ENDING[word] for word in _ENDING if word in intent.prompt), "delivered")
            assert row["state"] == expected, intent

    assert videos[by_prompt[f"The first video of {one.seed}"]["id"]] == 1
    cards = one.said(Kind.CARD)
    assert set(cards.values()) <= {1}, cards
    assert set(cards) <= {row["id"] for row in rows}
    assert len(stage.studio.renders) == len({render.prompt for render in stage.studio.renders})
    database = stage.bot.data_dir / "bot.db"
    assert [tuple(row) for row in read_rows(database, "PRAGMA integrity_check")] == [("ok",)]
    assert all(row["state"] in ENDS for row in rows)
    assert not list(stage.bot.data_dir.rglob("*.part"))
    assert "Traceback" not in stage.bot.log()


def _job_of(message: Message, kind: Kind) -> str | None:
    """The job whose message of that kind this is, by the buttons that it was posted with."""
    for component in message.history[0].components:
        for child in component.get("components", []):
            button = parse_button(child.get("custom_id") or "")
            if button is not None and button.kind is kind:
                return button.target
    return None
