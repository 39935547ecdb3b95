"""Bodies that a server may send with a 2xx and that mean nothing, drawn from a seed: no usable id, no known word.

Many would mean much if they could be read, so a reader that guesses is caught. Responses of real providers are in
`docs/facts/provider.md`; none of these is among them.
"""

import itertools
import json
import random
from collections.abc import Callable
from dataclasses import dataclass

_DONE = {"id": "video_of_nobody", "status": "completed", "url": "https://evil.test/v.mp4", "progress": 100}
_FAILED = {"id": "video_of_nobody", "status": "failed", "error": {"code": "moderation_blocked", "message": "no"}}
_WORDS = (
    "exploded", "completed?", "done!", "fail-ish", "comp leted", "completed\u200b", "\u0441ompleted", "0", "-1", "null",
    "true", "NaN", "status", "\u5b8c\u6210", "\U0001f98a", "\x00completed", "complet", "ailed", "completed,failed",
    "in between", "x" * 5_000,
)  # fmt: skip
_NO_IDS: tuple[object, ...] = (
    None, True, 1.5, [], {}, [1], {"id": "video_1"}, "", "a\nb", "\x7f", "\ud800", "x" * 1_025, 10**40,
)  # fmt: skip
_NO_WORDS: tuple[object, ...] = (None, True, 0, 7, -1.5, [], ["completed"], {"status": "completed"}, "", "  ")
_NO_LINKS: tuple[object, ...] = (
    None, False, 3, [], {}, [["https://evil.test"]], "", "javascript:alert(1)", "file:///etc/passwd", "v.mp4",
)  # fmt: skip
_NO_SHARES: tuple[object, ...] = (None, True, -1e308, 1e308, "NaN", "-", [100], {"percent": 100}, -5, "\u0660")
_KEYS = ("Status", "ID", "id ", "\u0456d", "__proto__", "$ref", "constructor", "statuss", "", "\U0001f98a", "a.b", "0")
_TYPES = (
    "application/json", "application/json", "application/json; charset=klingon", "text/html", "text/event-stream",
    "image/png", "multipart/form-data; boundary=x", None,
)  # fmt: skip
_CODES = (200, 200, 200, 201, 202, 203, 206, 207, 299)


@dataclass(frozen=True, slots=True)
class Nonsense:
    """One such answer."""

    kind: str
    body: bytes
    code: int
    content_type: str | None


def nonsense(seed: int, count: int) -> list[Nonsense]:
    """So many of them, every kind in turn; the same seed gives the same ones."""
    dice = random.Random(seed)
    kinds = itertools.islice(itertools.cycle(_KINDS.items()), seed, seed + count)
    return [Nonsense(kind, draw(dice), dice.choice(_CODES), dice.choice(_TYPES)) for kind, draw in kinds]


def _true(dice: random.Random) -> bytes:
    """What would be an answer."""
    return json.dumps(dice.choice((_DONE, _FAILED))).encode()


def _cut(dice: random.Random) -> bytes:
    whole = _true(dice)
    return whole[: dice.randrange(len(whole))]


def _bytes(dice: random.Random) -> bytes:
    return b"\xff" + dice.randbytes(dice.randrange(300))


def _page(dice: random.Random) -> bytes:
    return b"<!doctype html><title>completed</title><pre>%s</pre><script>alert(1)</script>" % _true(dice)


def _deep(dice: random.Random) -> bytes:
    opening, closing = dice.choice([(b"[", b"]"), (b'{"data":', b"}"), (b'{"video":[', b"]}")])
    times = dice.choice([3, 50, 900, 20_000])
    return opening * times + _true(dice) + (closing * times if dice.random() < 0.5 else b"")


def _other_top(dice: random.Random) -> bytes:
    tops: tuple[object, ...] = (
        [_DONE],
        [[_DONE, _FAILED]],
        "completed",
        42,
        -0.0,
        None,
        True,
        [],
        {},
        json.dumps(_DONE),
    )
    return json.dumps(dice.choice(tops)).encode()


def _no_number(dice: random.Random) -> bytes:
    number = dice.choice([b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999"])
    return b'{"id": %s, "status": %s, "progress": %s, "url": %s}' % (number, number, number, number)


def _endless_number(dice: random.Random) -> bytes:
    return b'{"id": %s, "status": "completed"}' % (b"9" * dice.choice([5_000, 60_000]))


def _wrong_types(dice: random.Random) -> bytes:
    fields: dict[str, tuple[object, ...]] = {
        "id": _NO_IDS,
        "status": _NO_WORDS,
        "url": _NO_LINKS,
        "progress": _NO_SHARES,
        "error": (None, [], 0, {}),
    }
    given = [name for name in fields if dice.random() < 0.8]
    dice.shuffle(given)
    return json.dumps({name: dice.choice(fields[name]) for name in given}).encode()


def _wrong_words(dice: random.Random) -> bytes:
    names = dice.sample(["status", "state"], dice.choice([1, 2]))
    return json.dumps({name: dice.choice(_WORDS) for name in names} | {"progress": dice.choice(_NO_SHARES)}).encode()


def _odd_fields(dice: random.Random) -> bytes:
    values: tuple[object, ...] = (*_NO_IDS, *_WORDS, _DONE, [_FAILED])
    return json.dumps({dice.choice(_KEYS): dice.choice(values) for _ in range(dice.randrange(12))}).encode()


def _too_deep_inside(dice: random.Random) -> bytes:
    wrapped: object = dice.choice((_DONE, _FAILED))
    for _ in range(dice.choice([2, 3, 40])):
        wrapped = {dice.choice(["payload", "body", "answer"]): wrapped}
    return json.dumps(wrapped).encode()


def _nearly_json(dice: random.Random) -> bytes:
    true = _true(dice)
    return dice.choice(
        [
            true + true, true[:-1] + b",}", b"data: " + true + b"\n\n", b"callback(" + true + b");", b"// x\n" + true,
            true.replace(b'"', b"'"), true[:-1] + b', "x": "\xe9"}', true[:-1] + b', "x": "\n"}', true + b"\x00",
            b")]}',\n" + true, b"--x\r\n\r\n" + true + b"\r\n--x--",
        ]
    )  # fmt: skip


def _too_large(dice: random.Random) -> bytes:
    return _true(dice)[:-1] + b', "junk": "' + b"x" * (1024 * 1024 + dice.randrange(1000)) + b'"}'


_KINDS: dict[str, Callable[[random.Random], bytes]] = {
    "cut": _cut,
    "bytes": _bytes,
    "page": _page,
    "deep": _deep,
    "other top": _other_top,
    "no number": _no_number,
    "endless number": _endless_number,
    "wrong types": _wrong_types,
    "wrong words": _wrong_words,
    "odd fields": _odd_fields,
    "too deep inside": _too_deep_inside,
    "nearly JSON": _nearly_json,
    "too large": _too_large,
}
