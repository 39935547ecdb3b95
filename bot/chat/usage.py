"""`/owner usage` as a message and as a CSV. Names of servers are foreign text: no markup, no formula, no extra cell."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.chat.money import amount, sums_text
from bot.chat.words import Key, Reader, say
from bot.jobs.model import GuildId, UserId
from bot.jobs.store.usage import UsageLine

K = TypeVar("K", GuildId | None, UserId)
_SHOWN = 5
_HEAD = (
    "server_id",
    "server",
    "user_id",
    "user",
    "jobs",
    "videos",
    "charged",
    "maybe_charged",
    "reported_cost",
    "estimated_cost",
    "currency",
)
# Some spreadsheets split at other signs than the comma, also within quotation marks.
_CELL_ENDS = re.compile(r"[\s,;|\"\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Names:
    """The names of servers and people, as far as they are known."""

    servers: Mapping[GuildId, str]
    people: Mapping[UserId, str]


def summary(lines: Sequence[UsageLine], names: Names, days: int, reader: Reader) -> str:
    """The totals, and the people with the most."""
    if not lines:
        return say(Key.OWNER_USAGE_NONE, reader, days=days)
    said = [say(Key.OWNER_USAGE, reader, days=days, **_total(lines, reader))]
    servers = _grouped(lines, lambda line: line.guild_id)
    for guild_id, of_server in servers[:_SHOWN]:
        if guild_id is None:
            said.append(say(Key.OWNER_USAGE_DIRECT, reader, **_total(of_server, reader)))
        else:
            name = names.servers.get(guild_id) or str(guild_id)
            said.append(say(Key.OWNER_USAGE_SERVER, reader, server=name, **_total(of_server, reader)))
    for user_id, of_person in _grouped(lines, lambda line: line.user_id)[:_SHOWN]:
        said.append(say(Key.OWNER_USAGE_PERSON, reader, user=user_id, **_total(of_person, reader)))
    return "\n".join(said)


def table(lines: Sequence[UsageLine], names: Names) -> bytes:
    """All of it as CSV: UTF-8 with a byte order mark, every cell quoted. No prompts."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(_HEAD)
    for line in lines:
        server = "" if line.guild_id is None else names.servers.get(line.guild_id, "")
        reported, estimated = ("" if one is None else amount(one) for one in (line.cost_micros, line.estimated_micros))
        writer.writerow(
            (
                line.guild_id or "", _cell(server), line.user_id, _cell(names.people.get(line.user_id, "")),
                line.jobs, line.renders, line.charged, line.maybe_charged,
                reported, estimated, line.currency or "",
            )
        )  # fmt: skip
    return text.getvalue().encode("utf-8-sig")


def _cell(name: str) -> str:
    """The name as one cell that every spreadsheet reads as text."""
    plain = _CELL_ENDS.sub(" ", name).strip()
    # A leading sign may start a formula, also in full width.
    return f"'{plain}" if plain and not plain[0].isalnum() else plain


def _grouped(lines: Sequence[UsageLine], key: Callable[[UsageLine], K]) -> list[tuple[K, list[UsageLine]]]:
    groups: defaultdict[K, list[UsageLine]] = defaultdict(list)
    for line in lines:
        groups[key(line)].append(line)
    return sorted(groups.items(), key=lambda group: -sum(line.jobs for line in group[1]))


def _total(lines: Sequence[UsageLine], reader: Reader) -> dict[str, object]:
    return {
        "jobs": sum(line.jobs for line in lines),
        "videos": sum(line.renders for line in lines),
        "cost": sums_text(_sums(lines), reader),
    }


def _sums(lines: Sequence[UsageLine]) -> list[tuple[str | None, int, bool]]:
    """For each currency all that was reported or estimated, and whether a part of it is an estimate."""
    sums: dict[str | None, tuple[int, bool]] = {}
    for line in lines:
        if line.cost_micros is not None or line.estimated_micros is not None:
            micros, estimated = sums.get(line.currency, (0, False))
            added = (line.cost_micros or 0) + (line.estimated_micros or 0)
            sums[line.currency] = micros + added, estimated or line.estimated_micros is not None
    return [(currency, micros, estimated) for currency, (micros, estimated) in sums.items()]
