"""`/owner usage`: totals for reading, and a CSV that no spreadsheet takes for anything but text."""

import csv
import io

import pytest

from bot.chat.usage import Names, summary, table
from bot.jobs.model import GuildId, UserId
from bot.jobs.store.usage import UsageLine
from tests.readers import ENGLISH, READERS

LINES = [
    UsageLine(GuildId(1), UserId(7), 5, 4, 4, 1, 1_250_000),
    UsageLine(GuildId(1), UserId(8), 2, 1, 1, 0, None),
    UsageLine(None, UserId(7), 1, 1, 1, 0, 5),
]


def cells(lines: list[UsageLine], names: Names) -> list[list[str]]:
    raw = table(lines, names)
    assert raw.startswith(b"\xef\xbb\xbf")
    assert all(part.startswith(b'"') and part.endswith(b'"') for part in raw[3:].splitlines())
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))


def test_the_table_has_a_line_for_each_person_and_server() -> None:
    """With what the provider reported, as far as it did."""
    head, *rows = cells(LINES, Names({GuildId(1): "Studio"}, {UserId(7): "ada"}))
    assert head[:4] == ["server_id", "server", "user_id", "user"]
    assert rows == [
        ["1", "Studio", "7", "ada", "5", "4", "4", "1", "1.25", "", ""],
        ["1", "Studio", "8", "", "2", "1", "1", "0", "", "", ""],
        ["", "", "7", "ada", "1", "1", "1", "0", "0.000005", "", ""],
    ]


def test_reports_and_estimates_are_columns_of_their_own() -> None:
    """With their currency, so that a spreadsheet can add what belongs together."""
    head, row = cells([UsageLine(None, UserId(7), 3, 3, 3, 0, 800_000, 1_600_000, "USD")], Names({}, {}))
    assert head[-3:] == ["reported_cost", "estimated_cost", "currency"]
    assert row[-3:] == ["0.80", "1.60", "USD"]


def test_each_currency_has_a_sum_of_its_own() -> None:
    """What the provider reported and what is estimated of the rest, together; written as the reader's region does."""
    lines = [
        UsageLine(None, UserId(7), 2, 2, 2, 0, 800_000, 1_600_000, "USD"),
        UsageLine(None, UserId(7), 1, 1, 1, 0, 12_500, None, "EUR"),
        UsageLine(None, UserId(8), 1, 1, 1, 0, None, 5_000, "USD"),
        UsageLine(None, UserId(8), 1, 1, 1, 0, 1_250_000),
    ]
    said = summary(lines, Names({}, {}), 7, ENGLISH)
    assert "requests: 5 · videos: 5 · cost: about $2.40 + €0.0125 + …\n" in said
    assert "<@8> · requests: 2 · videos: 2 · cost: about $0.005 + 1.25" in said
    assert "cost: about 2.40\xa0US$" in summary(lines[:1], Names({}, {}), 7, READERS.of("en-150"))


@pytest.mark.parametrize(
    "name",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u00a0=1", "＝1", "\u200b=1", "'=1", "|cmd", "%0A=1"),
        *("a\n=1", 'a";=1', "a;=1", "a,=1", "a\t=1", "a|=1", "a\u2028=1", "a\x85=1"),
    ],
)
def test_no_name_is_a_formula(name: str) -> None:
    """Neither at the start of a cell, nor behind a sign at which some spreadsheet begins another one."""
    _, row = cells([LINES[0]], Names({GuildId(1): name}, {UserId(7): name}))
    for cell in (row[1], row[3]):
        assert cell[0] == "'" or cell[0].isalnum()
        for separator in ("\n", "\r", "\t", ";", ",", "|", '"', "\u2028", "\x85"):
            assert separator not in cell


def test_the_message_has_the_totals() -> None:
    """Of all, of each server and of each person; foreign names stay text."""
    said = summary(LINES, Names({GuildId(1): "**@everyone** <#1>"}, {}), 7, ENGLISH)
    assert "**Last 7 days** · requests: 8 · videos: 6 · cost: 1.250005" in said
    assert "requests: 7 · videos: 5 · cost: 1.25" in said
    assert "Direct messages · requests: 1" in said
    assert "<@7> · requests: 6" in said
    assert "Server `**@everyone** <#1>` ·" in said


def test_nothing_was_requested() -> None:
    """Then that is said."""
    assert summary([], Names({}, {}), 3, ENGLISH) == "No requests in the last 3 days."


def test_the_message_is_short_enough() -> None:
    """With any number of servers and people, and any names."""
    many = [
        UsageLine(GuildId(10**18 + n), UserId(10**18 + n), 10**6, 10**6, 1, 1, 10**15, 10**15, currency)
        for n in range(100)
        for currency in (None, "USD", "EUR", "CNY", "JPY")
    ]
    names = Names({line.guild_id: "`*_~|" * 20 for line in many if line.guild_id}, {})
    assert len(summary(many, names, 366, ENGLISH)) <= 2000
