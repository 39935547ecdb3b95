"""What a video will probably cost, from the prices that the operator has written down. Pure.

It is an estimate: the provider's own number, once it reports one, replaces it.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from bot.jobs.model import VideoRequest
from bot.jobs.offered_models import OfferedModel, Option, OptionValue, Price

_MICROS = 1_000_000
# A million, as of a reported cost (`bot.videos.results`): the sum of all jobs has to fit into 64 bits.
_MICROS_MAX = 10**12


@dataclass(frozen=True, slots=True)
class Estimate:
    """A price in millionths of its currency, which is an ISO code of three letters."""

    micros: int
    currency: str


def estimate(model: OfferedModel, request: VideoRequest) -> Estimate | None:
    """The price of that request for that model; None if it has none, or if a size or length matters that isn't known.

    A size or length that isn't set is known if the model makes only one.
    """
    price = model.price
    if price is None:
        return None
    size = request.size or _only(model.sizes)
    seconds = request.seconds or _only(model.seconds)
    unit = _unit(price, size)
    length = Decimal(1) if price.per_video is not None else None if seconds is None else Decimal(seconds)
    if unit is None or length is None:
        return None
    chosen = dict(request.options)
    amount = unit * length
    for option in model.options:
        amount *= _factor(option, chosen.get(option.name))
    micros = int((amount * _MICROS).to_integral_value(ROUND_HALF_UP))
    return Estimate(micros, price.currency) if micros <= _MICROS_MAX else None


def _unit(price: Price, size: str | None) -> Decimal | None:
    """The price of a video or of a second, which may depend on the size."""
    base = price.per_second if price.per_video is None else price.per_video
    if not price.sizes:
        return base
    return None if size is None else price.sizes.get(size, base)


def _factor(option: Option, chosen: OptionValue | None) -> Decimal:
    """What that value multiplies the price by; a switch without a default is off."""
    default = False if option.default is None and option.type == "switch" else option.default
    return option.price_factor if chosen is not None and chosen != default else Decimal(1)


def _only(values: tuple[str, ...]) -> str | None:
    return values[0] if len(values) == 1 else None
