"""Ids for components that were sent without one (docs/facts/discord.md, "Components")."""

from collections.abc import Iterator

from sandbox.chat.records import Json, flatten, parts_of


def numbered(components: list[Json]) -> list[Json]:
    """The same components, each with an id: in reading order, without reusing an id that was sent."""
    taken = {one["id"] for one in flatten(components) if one.get("id")}
    return _all(components, _free(taken))


def _all(components: list[Json], free: Iterator[int]) -> list[Json]:
    return [_numbered(one, free) for one in components]


def _free(taken: set[int]) -> Iterator[int]:
    number = 0
    while True:
        number += 1
        if number not in taken:
            yield number


def _numbered(component: Json, free: Iterator[int]) -> Json:
    done: Json = {**component, "id": component.get("id") or next(free)}
    if "components" in component:
        done["components"] = _all(parts_of(component, "components"), free)
    for name in ("component", "accessory"):
        if component.get(name):
            done[name] = _numbered(component[name], free)
    return done
