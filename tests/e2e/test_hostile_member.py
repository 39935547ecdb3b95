"""One member means harm for an hour, and ten others notice nothing. The provider answers his prompts by their words."""

import asyncio
import itertools
import random
import shutil
from pathlib import Path

from bot.chat.custom_ids import Action
from bot.media.disk_space import PICTURE_FLOOR_BYTES
from sandbox.chat import Message, Person
from sandbox.stage import Stage
from sandbox.studio import Fault
from tests.e2e import inspection
from tests.e2e.messages import actions, ever_posted, of_kind, press
from tests.e2e.scene import Scene, a_stage, picture

MINUTES = 60
# From one attack to the next: in an hour he uses each of his words.
MINUTES_APART = 8
FOR_EVER = 100_000
DELAY_SECONDS = 30.0
# Sixty paid requests a minute as in life; more under way for each person than in life, so that he can do more harm.
SETTINGS = {"MAX_ACTIVE_JOBS_PER_USER": "10", "MAX_SUBMITS_PER_MINUTE": "60", "LOG_LEVEL": "info"}
ECHO = {"error": {"message": "Invalid prompt: 'a poster that says out of credit'", "code": "invalid_request"}}
AT_CREATE = {
    "<script>": Fault.status(403, text="<html><h1>Attention Required!</h1></html>"),
    "sealed": Fault.status(403, json={"error": {"message": "Forbidden", "code": "forbidden"}}),
    "empty": Fault.status(403, text=""),
    "keyless": Fault.status(401, json={"error": {"message": "Access denied for this request.", "code": "denied"}}),
    "moved": Fault.status(302, text="", headers={"Location": "/blocked"}),
    "dear": Fault.status(402, json={"error": {"message": "This needs more credit.", "code": "insufficient_balance"}}),
    "boom": Fault.status(500),
    "mess": Fault.status(502, text="<html>Bad gateway</html>"),
    "cut": Fault.drop(take=False),
    "void": Fault.hang(take=False),
    "greedy": Fault.status(429, headers={"Retry-After": "600"}),
    "hasty": Fault.status(429, headers={"Retry-After": "20"}),
    "out of credit": Fault.status(400, json=ECHO),
    "rate limit": Fault.status(400, json={"error": {"message": "Bad prompt 'rate limit exceeded'"}}),
}
AT_POLLS = {
    "watched": Fault.status(403, json={"error": {"message": "Forbidden"}}),
    "cracked": Fault.status(500),
    "lazy": Fault.status(429, headers={"Retry-After": "600"}),
    "mute": Fault.body(b"", code=204, content_type=None),
}
# Those that let him wait for long come last.
WAITED_FOR = ("greedy", "sealed", "keyless", "dear", "void")
QUICK = [word for word in AT_CREATE if word not in WAITED_FOR]
WORDS = [*QUICK, *AT_POLLS, *QUICK, "doomed", *WAITED_FOR, "forbidden", "forbidden", "forbidden"]


class Hostile:
    """A member who tries everything that costs the others something."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.person = scene.join("Mallory")
        self._words = itertools.cycle(WORDS)
        self._dice = random.Random(8)  # nothing to guard
        self._numbers = itertools.count()
        self.acts = 0

    async def act(self, videos: list[Message]) -> None:
        """Four commands with the next words, one of them with pictures, and a reply to somebody's video."""
        person, channel = self.person, self._scene.channel
        for card in of_kind(channel, "card"):
            if "Mallory's" in card.text and Action.CANCEL in actions(card):
                # So that he may try the next words.
                await (await press(person, card, Action.CANCEL)).wait_answer()
        for number in range(4):
            files = {"reference": picture(size=(640, 480))} if number == 3 else {}
            prompt = f"Mallory's {next(self._words)} number {next(self._numbers)}"
            call = await person.slash(channel, "video", prompt=prompt, **files)
            await call.wait_state("message", "deleted")
        if videos:
            words = f"Make it {next(self._words)}, number {next(self._numbers)}, please"
            shown = [picture(size=(320, 240), name=f"{number}.png") for number in range(4)]
            await person.reply(self._dice.choice(videos), words, files=shown)
            await person.reply(self._dice.choice(videos), "?", files=shown)
        self.acts += 6


async def make(scene: Scene, person: Person, prompt: str) -> None:
    """An ordinary request: it is taken in at once."""
    call = await person.slash(scene.channel, "video", prompt=prompt)
    answer = await call.wait_state("message", "deleted")
    assert answer.state == "deleted", f"{person.name} was refused: {answer.content}"


async def all_posted(scene: Scene, prompts: list[str]) -> None:
    """Let time pass slowly enough that a delay is one of the clock's, until those videos are posted."""
    stage: Stage = scene.stage
    async with asyncio.timeout(30):
        while not {row["prompt"] for row in inspection.jobs(stage, state="delivered")} >= set(prompts):
            stage.jump(0.5)
            await asyncio.sleep(0.1)


async def test_an_hour_of_one_hostile_member_costs_the_others_nothing(tmp_path: Path) -> None:
    """None of ten is refused, delayed by more than 30 s, charged twice or left without a video; the disk keeps room."""
    async with a_stage(tmp_path, settings=SETTINGS) as stage:
        guild = stage.chat.add_guild("Mint")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        scene = Scene(stage, guild, guild.add_channel("videos"), ada)
        people = [ada, *(scene.join(f"Member {number}") for number in range(9))]
        hostile = Hostile(scene)
        for target, faults in (("create", AT_CREATE), ("remix", AT_CREATE), ("poll", AT_POLLS)):
            for word, fault in faults.items():
                stage.studio.faults.add(target, fault, times=FOR_EVER, word=word)
        prompts: list[str] = []
        for minute, pair in zip(
            range(0, MINUTES, MINUTES_APART), itertools.cycle(zip(people[::2], people[1::2], strict=True)), strict=False
        ):
            await hostile.act(ever_posted(stage.chat, scene.channel, "video")[-5:])
            asked = [f"A kite of {person.name} in minute {minute:02}" for person in pair]
            for person, prompt in zip(pair, asked, strict=True):
                await make(scene, person, prompt)
            await all_posted(scene, asked)
            prompts += asked
            assert shutil.disk_usage(stage.bot.data_dir).free > PICTURE_FLOOR_BYTES
            for _ in range(MINUTES_APART):
                stage.jump(60.0)
                await asyncio.sleep(0.1)

        rows = {row["prompt"]: row for row in inspection.jobs(stage)}
        delays = {prompt: rows[prompt]["submitted_at"] - rows[prompt]["accepted_at"] for prompt in prompts}
        assert max(delays.values()) <= DELAY_SECONDS, sorted(delays.items(), key=lambda one: one[1])[-5:]
        renders = {prompt: rows[prompt]["ended_at"] - rows[prompt]["accepted_at"] for prompt in prompts}
        assert max(renders.values()) <= 2 * DELAY_SECONDS, sorted(renders.items(), key=lambda one: one[1])[-5:]
        assert {stage.studio.paid(prompt) for prompt in prompts} == {1}
        said = [message.text for message in ever_posted(stage.chat, scene.channel, "video")]
        assert all(sum(prompt in text for text in said) == 1 for prompt in prompts)
        # He was not simply shut out: his requests went on all the hour, at a bounded rate.
        his = [one for one in stage.studio.requests if "Mallory" in str(one.fields.get("prompt"))]
        assert 10 <= len(his) <= 20 * MINUTES
