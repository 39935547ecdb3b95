"""Amounts of money as digits, in the provider's own currency."""

_MICROS = 1_000_000


def amount(micros: int) -> str:
    """Millionths of a currency, with at least two decimals and as many as it takes: `0.10`, `1.2345`."""
    whole, rest = divmod(abs(micros), _MICROS)
    digits = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if micros < 0 else ''}{whole}.{digits}"
