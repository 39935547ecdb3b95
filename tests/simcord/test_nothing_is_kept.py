"""What is remembered of cards and offers is forgotten with them."""

import pytest

from bot.chat.custom_ids import Action
from bot.jobs.model import PostKind
from bot.jobs.states import Event, State
from bot.jobs.store import drafts
from tests.simcord import job_setups
from tests.simcord.world import SimWorld, press


@pytest.mark.slow
async def test_nothing_is_kept_of_what_has_ended(world: SimWorld) -> None:
    """Delivered, failed, refused, withheld, or lost after an answer, with an offer on the way: nothing of it stays."""
    video = await world.delivered()
    await job_setups.failed(world)
    await job_setups.undeliverable(world)
    await job_setups.withheld(world)
    uncertain = await job_setups.uncertain(world)
    await press(world.ada, await world.shown(uncertain, PostKind.UNSURE), Action.DISMISS)
    await world.settle()
    card_updater, offer_loop = world.engine.card_updater, world.engine.offer_loop
    assert (await world.move(await world.job(uncertain), Event.EXPIRE)).state is State.LOST
    await world.ben.send(world.channel, "nice", reply_to=await world.shown(video, PostKind.VIDEO))
    await world.settle()
    (offer,) = await world.read(
        drafts.find_open_offers, await world.write(drafts.adopt_offers, world.engine.context.process)
    )
    assert offer_loop._shown_here == {offer.id}
    await world.env.advance_time(offer.delete_at - world.clock.now() + 1)
    await world.settle()
    await world.settle()
    assert not any((card_updater._cards, card_updater._outdated, card_updater._settled, card_updater._busy))
    assert card_updater._edits._urgent.first() is None
    assert not any((offer_loop._shown_here, offer_loop._offers, offer_loop._due.first()))
