"""The people of a run: they make the planned requests in many channels."""

import io
from collections.abc import Sequence
from random import Random

from PIL import Image

from sandbox.chaos import plan
from sandbox.chaos.counting import jobs_posted
from sandbox.chaos.plan import PlannedRequest
from sandbox.chat import Channel, Chat, File, Guild, Message, NotPossibleError, Person

_JOBS_PER_PERSON = 8
_FEWEST_PEOPLE = 4


class Crowd:
    """Everybody is in all of the servers, which share the channels."""

    def __init__(self, chat: Chat, rng: Random, jobs: int, guilds: Sequence[Guild], channels: int) -> None:
        """As many people as so many jobs need; at least one channel in each server."""
        self._chat = chat
        self._rng = rng
        count = max(_FEWEST_PEOPLE, jobs // _JOBS_PER_PERSON)
        self.people: list[Person] = [chat.add_person(f"Person {number}") for number in range(1, count + 1)]
        for person in self.people:
            for guild in guilds:
                guild.join(person)
        self.channels: list[Channel] = [
            guild.add_channel(f"videos-{number}")
            for number in range(1, max(1, channels // len(guilds)) + 1)
            for guild in guilds
        ]
        self._picture = _a_picture()
        self.asked = 0

    async def ask(self, by: Person | None = None) -> None:
        """Make the next planned request, by its own requester or another one."""
        self.asked += 1
        request = plan.a_planned_request(self._rng, self.asked, len(self.people))
        try:
            await self._use(by or self.people[request.by], request)
        except NotPossibleError:
            # The commands are not there yet, or the message to reply to is gone: a person tries again later.
            return

    async def _use(self, person: Person, request: PlannedRequest) -> None:
        channel = self._rng.choice(self.channels)
        if request.how == "private reply" and (videos := self._videos_in(self._chat.dm(person))):
            await person.reply(self._rng.choice(videos), request.words)
        elif request.how.startswith("private"):
            await person.slash(channel, "video", prompt=request.words, private=True)
        elif request.how == "reply":
            await person.reply(self._some_video(), request.words)
        elif request.how == "remix":
            ((_, job_id),) = jobs_posted(self._some_video())
            await person.slash(channel, "remix", prompt=request.words, video=job_id)
        elif request.how == "picture":
            await person.slash(channel, "video", prompt=request.words, reference=self._picture)
        else:
            await person.slash(channel, "video", prompt=request.words)

    def _some_video(self) -> Message:
        return self._rng.choice(self._videos_in(*self.channels))

    def _videos_in(self, *places: Channel) -> list[Message]:
        return [post for post in self._chat.posts if post.attachments and not post.deleted and post.channel in places]


def _a_picture() -> File:
    data = io.BytesIO()
    Image.new("RGB", (64, 48), "tomato").save(data, "PNG")
    return File("balloon.png", data.getvalue(), content_type="image/png")
