"""A value from another database fits its column, or the reason says why it doesn't."""

import re

import pytest
import sqlalchemy as sa

from bot.jobs.column_values import fitted


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        (sa.String(3), "abc", "abc"),
        (sa.Text(), "x" * 9_999, "x" * 9_999),
        (sa.Integer(), 2**31 - 1, 2**31 - 1),
        (sa.Integer(), -(2**31), -(2**31)),
        (sa.BigInteger(), 2**63 - 1, 2**63 - 1),
        (sa.BigInteger(), -(2**63), -(2**63)),
        (sa.Boolean(), 1, True),
        (sa.Boolean(), 0, False),
        (sa.Float(), 3, 3.0),
        (sa.Float(), 2.5, 2.5),
        (sa.LargeBinary(), b"\0", b"\0"),
        (sa.JSON(), '["a"]', ["a"]),
        (sa.JSON(), ["a"], ["a"]),
    ],
)
def test_a_value_that_fits_is_stored(kind: sa.types.TypeEngine[object], value: object, stored: object) -> None:
    """Up to the largest and the smallest number, and the longest text."""
    found = fitted(sa.Column("a", kind, nullable=False), value)
    assert (found, type(found)) == (stored, type(stored))


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        (sa.String(3), "abcd", "has 4 characters, 3 are allowed"),
        (sa.String(3), "a\0", "has a NUL character"),
        (sa.String(3), "\ud800", "is not valid Unicode"),
        (sa.String(3), "a\udfff", "is not valid Unicode"),
        (sa.String(3), 3, "is int, not str"),
        (sa.Integer(), 2**31, "is too large a number"),
        (sa.Integer(), -(2**31) - 1, "is too large a number"),
        (sa.Integer(), True, "is bool, not int"),
        (sa.BigInteger(), 2**63, "is too large a number"),
        (sa.BigInteger(), -(2**63) - 1, "is too large a number"),
        (sa.Boolean(), 2, "is neither true nor false"),
        (sa.Float(), float("inf"), "is not a finite number"),
        (sa.Float(), "3", "is str, not float"),
        (sa.LargeBinary(), "a", "is str, not bytes"),
        (sa.JSON(), "[", "is not valid JSON"),
        (sa.JSON(), "{}", "is dict, not list"),
    ],
)
def test_a_value_that_does_not_fit_has_a_reason(kind: sa.types.TypeEngine[object], value: object, reason: str) -> None:
    """The reason continues the sentence that names table, row and column."""
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        fitted(sa.Column("a", kind, nullable=False), value)
