"""Amounts of money: digits for files, and texts as the reader's region writes them."""

from collections.abc import Iterable
from decimal import Decimal

from babel.numbers import format_currency

from bot.chat.words import Key, Reader, say
from bot.jobs.charging import may_be_charged
from bot.jobs.model import Job

_MICROS = 1_000_000
# A smaller estimate is shown with all its decimals.
_CENT_MICROS = 10_000
_CURRENCIES_SHOWN = 2


def amount(micros: int) -> str:
    """Millionths of a currency, with at least two decimals and as many as it takes: `0.10`, `1.2345`."""
    whole, rest = divmod(abs(micros), _MICROS)
    digits = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if micros < 0 else ''}{whole}.{digits}"


def money_text(micros: int, currency: str | None, reader: Reader, *, estimated: bool = False) -> str:
    """`$0.80`, or `about $0.80`; without a currency, which is then the provider's own, the digits alone."""
    if currency is None:
        text = amount(micros)
    else:
        exact = not estimated or abs(micros) < _CENT_MICROS
        text = format_currency(
            Decimal(micros) / _MICROS, currency, locale=reader.languages[0].formats, decimal_quantization=not exact
        )
    return say(Key.COST_ABOUT, reader, cost=text) if estimated else text


def price_text(job: Job, reader: Reader) -> str | None:
    """What the job cost, says the provider, or what it probably will; None if that isn't known, or it is free."""
    if job.cost_micros is not None:
        return money_text(job.cost_micros, job.currency, reader)
    if job.price_micros is None or not may_be_charged(job):
        return None
    return money_text(job.price_micros, job.currency, reader, estimated=True)


def sums_text(sums: Iterable[tuple[str | None, int, bool]], reader: Reader) -> str:
    """Sums of several currencies, each with whether a part of it is estimated; a dash if there is none."""
    texts = [money_text(micros, currency, reader, estimated=estimated) for currency, micros, estimated in sums]
    if len(texts) > _CURRENCIES_SHOWN:
        texts = [*texts[:_CURRENCIES_SHOWN], "…"]
    return " + ".join(texts) or "–"
