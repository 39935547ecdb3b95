"""Private requests: where they count, the DM that their messages go to, and its first message as the check."""

from dataclasses import replace

from bot.chat.courier import CourierFault, Refused
from bot.engine.context import EngineContext
from bot.engine.requests.cooldown import Cooldown
from bot.jobs.model import Job, Origin, Place, VideoRequest
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rights import leaves_usable
from bot.jobs.states import State
from bot.jobs.store import finding, posts

# Within ten seconds the person is answered; a card that comes later is waited for by the job alone.
_LOOKS = 50
_LOOK_SECONDS = 0.2
# So soon after a refusal their DMs are not tried again: Discord counts refused requests of all people together.
_CLOSED_SECONDS = 5.0


def settle_home(request: VideoRequest, origin: Origin, home: Place | None) -> tuple[VideoRequest, Origin]:
    """The request as it is in that place. `home`: where the job or draft counts that it leads on from, if any.

    What leads on from a private job in its DM stays private, and counts where that job does. Any other request in a DM
    is hidden from others anyway.
    """
    if not request.private or origin.place.guild_id is not None:
        return request, origin
    if home is None or home.guild_id is None:
        return replace(request, private=False), origin
    return request, replace(origin, place=home, dm_channel_id=origin.place.channel_id)


class PrivateResults:
    """Finds the DM of a private request before it is accepted, and whether it took the card afterwards."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._closed = Cooldown(context.clock, _CLOSED_SECONDS)

    async def reach(self, origin: Origin) -> Origin | Refusal:
        """The origin with its requester's DM, or why they can't request there.

        In the DM no interaction shows their rights in the server, so Discord is asked.
        """
        context = self._context
        if origin.dm_channel_id is not None:
            return await context.members.refuse(origin.place, origin.user_id) or origin
        if self._closed.lasts(origin.user_id):
            return Refusal(Reason.DM_CLOSED)
        try:
            return replace(origin, dm_channel_id=await context.courier.open_dm(origin.user_id))
        except Refused:
            return self._refuse(origin)
        except CourierFault:
            return Refusal(Reason.DM_UNREACHABLE)

    async def check_card(self, job: Job) -> Job | Refusal:
        """The job, once its card is in the DM; `DM_CLOSED` if Discord refused it, which has ended the job for free.

        While Discord doesn't answer the job waits by itself: it is not sent before its card is there.
        """
        context = self._context
        for _ in range(_LOOKS):
            if not await context.database.read(posts.awaits_card, job.id):
                break
            await context.clock.sleep(_LOOK_SECONDS)
        now = await context.database.read(finding.get, job.id)
        if now is not None and now.state is State.FAILED and leaves_usable(now):
            return self._refuse(job.origin)
        return job

    def _refuse(self, origin: Origin) -> Refusal:
        self._closed.begin(origin.user_id)
        return Refusal(Reason.DM_CLOSED)
