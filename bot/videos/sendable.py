"""Whether a provider's dialect can send a request: each option, each picture's role, and the length. Pure."""

from dataclasses import dataclass

from bot.jobs.model import Cause, VideoRequest
from bot.jobs.offered_models import PICTURES_OF_FRAMES, OfferedModel, Role, uses_of_pictures
from bot.jobs.option_values import options_on_wire, options_that_fit
from bot.videos.dialects import Dialect
from bot.videos.provider_faults import RequestRefused
from bot.videos.values import Order


@dataclass(frozen=True, slots=True)
class Needs:
    """What a request needs fields for: options by the provider's names, roles of pictures, a chosen length."""

    options: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset()
    seconds: str | None = None


def needs_of_order(order: Order) -> Needs:
    """The needs of a request as it is sent."""
    roles = frozenset[Role](picture.role for picture in order.references)
    return Needs(frozenset(name for name, _ in order.options), roles, order.seconds)


def needs_of_request(model: OfferedModel, request: VideoRequest) -> Needs:
    """The needs of a request for that model, with the defaults of its options."""
    options = options_on_wire(model, options_that_fit(model, request.options))
    # Its pictures may still have to be fetched.
    pictures = max(len(request.references), PICTURES_OF_FRAMES.get(request.frames, 0) if request.frames else 0)
    roles = frozenset[Role](role for _, role in uses_of_pictures(model, pictures, request.frames))
    return Needs(frozenset(name for name, _ in options), roles, request.seconds)


def judge_needs(dialect: Dialect, needs: Needs) -> RequestRefused | None:
    """Why the dialect can't send such a request; None if it can."""
    if needs.roles - dialect.roles:
        return RequestRefused(cause=Cause.INPUT, about="picture", field="input_reference")
    if taken := sorted(needs.options & dialect.own_fields):
        # Sent by the dialect itself: the option would overwrite it, or silently be left out.
        return RequestRefused(cause=Cause.INPUT, field=taken[0])
    if needs.seconds is not None and not dialect.has_length(needs.seconds):
        return RequestRefused(cause=Cause.LENGTH, field="seconds")
    return None
