"""Reads tables of a TOML document; every wrong, missing or unknown name in them becomes a sentence with its path."""

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeGuard, TypeVar

from bot.settings._showing import shown, shown_name

T = TypeVar("T")
Say = Callable[[str], None]
# Returns the value that was meant; raises ValueError for one that isn't allowed.
Judge = Callable[[object], T]
_INT_SHOWN_MAX_BITS = 100
_NAMES_SHOWN_MAX = 25
# More mistakes of a file aren't shown: what is beyond that isn't looked at.
_UNKNOWN_MAX = 20
_TABLES_PER_FITTING = 4


@dataclass(frozen=True, slots=True)
class Findings:
    """Where mistakes and doubts go; `secrets` are never shown in them."""

    add: Say
    warn: Say
    secrets: list[str]

    def wrong(self, path: str, value: object, allowed: str) -> None:
        """A value that isn't allowed; `allowed` follows "must be"."""
        self.add(f"{path} is wrong: it is {self.show(value)} and must be {allowed}.")

    def show(self, value: object) -> str:
        """A value of TOML in a few words."""
        match value:
            case str():
                return shown(value, self.secrets)
            case bool():
                return "true" if value else "false"
            case int() if value.bit_length() > _INT_SHOWN_MAX_BITS:
                # Python refuses to write very long ones in decimal digits.
                return "a very large number"
            case int() | float():
                return str(value)
            case list():
                return "a list"
            case dict():
                return "a table"
            case _:
                return "a date or a time"

    def name(self, name: str) -> str:
        """A name from the document, as part of a path."""
        return shown_name(name, self.secrets)

    def meant(self, name: str, known: Collection[str]) -> str:
        """The end of a sentence about an unknown name: the one that was meant, or all known ones."""
        near = difflib.get_close_matches(name.lower(), sorted(known), n=1)
        if near:
            return f"did you mean {self.name(near[0])}?"
        names = ", ".join(self.name(each) for each in sorted(known)[:_NAMES_SHOWN_MAX])
        return f"known: {names or 'none'}."


def is_table(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value of TOML is a table."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether a value of TOML is a list."""
    return isinstance(value, list)


class Table:
    """One table and its path. Building one finds the names that are not among `known`."""

    def __init__(self, found: Mapping[str, Any], path: str, findings: Findings, known: Collection[str]) -> None:
        self._found = found
        self._findings = findings
        self.path = path
        unknown = [name for name in found if name not in known]
        for name in unknown[:_UNKNOWN_MAX]:
            findings.add(f"{self.at(name)} is unknown: {findings.meant(name, known)}")
        if len(unknown) > _UNKNOWN_MAX:
            where = f" in {path}" if path else ""
            findings.add(f"there are {len(unknown) - _UNKNOWN_MAX} more unknown names{where}.")

    def at(self, name: str) -> str:
        """The path of one of its names."""
        shown_as = self._findings.name(name)
        return f"{self.path}.{shown_as}" if self.path else shown_as

    def has(self, name: str) -> bool:
        """Whether that name is given."""
        return name in self._found

    def given(self, name: str) -> object:
        """The value as it is written; None if there is none."""
        return self._found.get(name)

    def need(self, name: str, judge: Judge[T], allowed: str) -> T | None:
        """A required value; None after a mistake."""
        if name not in self._found:
            self._findings.add(f"{self.at(name)} is missing: it must be {allowed}.")
            return None
        return self._judged(self.at(name), self._found[name], judge, allowed)

    def read(self, name: str, judge: Judge[T], allowed: str, default: T) -> T:
        """An optional value; the default after a mistake, too."""
        if name not in self._found:
            return default
        judged = self._judged(self.at(name), self._found[name], judge, allowed)
        return default if judged is None else judged

    def each(self, name: str, judge: Judge[T], allowed: str, most: int, *, needed: bool = True) -> tuple[T, ...]:
        """The right entries of a list with 1 to `most` different ones, or none where it isn't `needed`."""
        found = self._found.get(name)
        if found is None and not needed:
            return ()
        if not is_list(found) or not found:
            about = "is missing: it" if found is None else f"is wrong: it is {self._or_empty(found)} and"
            self._findings.add(f"{self.at(name)} {about} must be a list with each entry {allowed}.")
            return ()
        if len(found) > most:
            self._findings.add(f"{self.at(name)} has {len(found)} entries, and at most {most} fit.")
            return ()
        right: dict[T, None] = {}
        for number, entry in enumerate(found):
            path = f"{self.at(name)}[{number}]"
            judged = self._judged(path, entry, judge, allowed)
            if judged is not None and judged in right:
                self._findings.add(f"{path} repeats {self._findings.show(entry)}.")
            elif judged is not None:
                right[judged] = None
        return tuple(right)

    def tables(
        self, name: str, most: int, fit: str, *, needed: bool = False
    ) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """The tables in a table of them: their names, paths and contents. At most so many `fit`, in words.

        Of far too many only the first are judged.
        """
        found = self._found.get(name)
        if found is None and not needed:
            return
        if not is_table(found) or (needed and not found):
            about = "is missing: it" if found is None else f"is wrong: it is {self._or_empty(found)} and"
            self._findings.add(f"{self.at(name)} {about} must have a table for each, such as [{self.at(name)}.NAME].")
            return
        if len(found) > most:
            self._findings.add(f"{self.at(name)} has {len(found)} {name}, and at most {most} {fit}.")
        for key, entry in islice(found.items(), _TABLES_PER_FITTING * most):
            path = f"{self.at(name)}.{self._findings.name(key)}"
            if is_table(entry):
                yield key, path, entry
            else:
                self._findings.wrong(path, entry, f"a table, such as [{path}]")

    def _judged(self, path: str, value: object, judge: Judge[T], allowed: str) -> T | None:
        try:
            return judge(value)
        except ValueError:
            self._findings.wrong(path, value, allowed)
            return None

    def _or_empty(self, value: object) -> str:
        return self._findings.show(value) if value or isinstance(value, bool | int | float) else "empty"
