"""What holds for every dialect: nothing is lost by a strange body, and ids stay inside their path."""

import json
import pkgutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.jobs.offered_models import Role
from bot.videos import dialects
from bot.videos.dialects import Dialect
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.dialects.openrouter import OpenRouterDialect
from bot.videos.provider_faults import NoList, RequestRefused
from bot.videos.provider_setup import Abilities
from bot.videos.urls import usable_id
from bot.videos.values import Order, ReferenceFile, RemoteState, RemoteVideo
from tests.unit.bot.videos.conftest import MakeClient
from tests.unit.bot.videos.dialects.made_up import BareDialect, MadeUpDialect
from tests.unit.bot.videos.fake_provider import FakeProvider

BASE = "https://api.example.com/v1"
# Each dialect, with the body of the video of this id and this word for its state.
DIALECTS: Mapping[str, tuple[Dialect, Callable[[object, object], object]]] = {
    "openai": (OpenAIDialect(), lambda remote_id, word: {"id": remote_id, "status": word}),
    "openrouter": (OpenRouterDialect(), lambda remote_id, word: {"id": remote_id, "status": word}),
    "made up": (MadeUpDialect(), lambda remote_id, word: {"dish": {"ticket": remote_id, "phase": word}}),
    "bare": (BareDialect(), lambda remote_id, word: {"dish": {"ticket": remote_id, "phase": word}}),
}
EVERY = pytest.mark.parametrize(("dialect", "body_of"), DIALECTS.values(), ids=DIALECTS.keys())
VALUE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
KEYS = st.sampled_from(
    [
        *("id", "data", "videos", "output", "status", "error", "prompt", "created_at", "url", "usage", "metadata"),
        *("unsigned_urls", "urls", "cost", "code"),
    ]
)
ANYTHING = st.recursive(
    VALUE, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=20
)


def test_every_dialect_is_tested() -> None:
    """A dialect that isn't in `DIALECTS` is none that this file has seen."""
    assert {module.name for module in pkgutil.iter_modules(dialects.__path__)} == set(DIALECTS) - {"made up", "bare"}


@pytest.mark.slow
@EVERY
@given(body=ANYTHING, remote_id=VALUE, word=VALUE)
def test_no_body_is_too_strange(
    dialect: Dialect, body_of: Callable[[object, object], object], body: object, remote_id: object, word: object
) -> None:
    """Reading raises nothing, and gives only videos that can be polled, stored and shown."""
    for one in (body, body_of(remote_id, word), body_of(body, body)):
        dialect.speaks_of_a_video(one)
        listed = dialect.read_list(one, BASE) or ()
        for video in (dialect.read_video(one, BASE), dialect.read_video(one, BASE, "video_1"), *listed):
            if video is not None:
                assert isinstance(video, RemoteVideo)
                assert usable_id(video.id)
                assert video.progress is None or 0 <= video.progress <= 100
                assert (video.error is not None) is (video.state is RemoteState.FAILED)


@EVERY
def test_an_unknown_word_means_still_running(dialect: Dialect, body_of: Callable[[object, object], object]) -> None:
    """A paid video isn't lost because its provider has a new word for a state, or a new id for a polled video."""
    video = dialect.read_video(body_of("video_1", "pondering"), BASE)
    assert video is not None
    assert (video.id, video.state, video.raw_status) == ("video_1", RemoteState.RUNNING, "pondering")
    assert not dialect.knows_word("pondering")
    polled = dialect.read_video(body_of("video_2", "pondering"), BASE, "video_1")
    assert polled is not None
    assert polled.id == "video_1"


@EVERY
def test_a_body_with_an_id_is_no_mere_refusal(dialect: Dialect, body_of: Callable[[object, object], object]) -> None:
    """Error words beside an id leave the outcome open, even if the id can't be used."""
    assert dialect.speaks_of_a_video(body_of("video_1", None))
    assert dialect.speaks_of_a_video(body_of("a\nb", None))
    assert not dialect.speaks_of_a_video({"error": {"message": "no"}})


@EVERY
async def test_what_a_dialect_lacks_is_refused(dialect: Dialect, body_of: Callable[[object, object], object]) -> None:
    """What it says about itself is what its requests do, so the settings can refuse an ability that can't work."""
    assert dialect.lacks <= {field.name for field in fields(Abilities)}
    assert ("cancel" in dialect.lacks) is (dialect.cancel_path("video_1") is None)
    refused: set[str] = set()
    with ExitStack() as files:
        try:
            await dialect.remix("video_1", Order("a cat", "key-1"), files)
        except RequestRefused:
            refused.add("remix")
    try:
        dialect.list_path(7)
    except NoList:
        refused.add("list")
    assert dialect.lacks & {"remix", "list"} == refused


@EVERY
@pytest.mark.parametrize("remote_id", ["a/b", "..", ".", "a?b=c", "#", "a b%2F", "../../x", "é:="])
async def test_an_id_stays_one_segment(
    dialect: Dialect, body_of: Callable[[object, object], object], remote_id: str
) -> None:
    """Paths lie below the base URL for every id; none gets more segments, a query or a fragment by it."""
    order = Order("a cat", "key-1")
    with ExitStack() as files:
        for path_of in (dialect.poll_path, dialect.content_path, dialect.cancel_path):
            path, plain = path_of(remote_id), path_of("video_1")
            assert (path is None) is (plain is None)
            assert path is None or plain is None or _shape(path) == _shape(plain)
        with suppress(RequestRefused):
            remixed = [(await dialect.remix(parent, order, files)).path for parent in (remote_id, "video_1")]
            assert _shape(remixed[0]) == _shape(remixed[1])
        with suppress(NoList):
            _shape(dialect.list_path(7))
        for path in ((await dialect.create(order, files)).path, *dialect.probe_paths):
            _shape(path)
    assert dialect.probe_paths


def _shape(path: str) -> tuple[int, str, str]:
    assert not path.startswith("/")
    url = URL(f"{BASE}/{path}", encoded=True)
    assert (str(url.origin()), url.raw_path[:4]) == ("https://api.example.com", "/v1/")
    assert "/./" not in f"{url.raw_path}/"
    assert "/../" not in f"{url.raw_path}/"
    return len(url.raw_parts), url.query_string, url.fragment


@EVERY
async def test_an_option_overwrites_nothing(
    dialect: Dialect,
    body_of: Callable[[object, object], object],
    provider: FakeProvider,
    make_client: MakeClient,
    tmp_path: Path,
) -> None:
    """An option with a name of the dialect's own is refused unsent, even if that field isn't set: it isn't left out."""
    provider.reply(200, body_of("video_1", None))
    client = make_client(dialect=dialect)
    options = (("seed", 7), ("sound", False))
    for order in (Order("a cat", "key-1"), Order("a cat", "key-1", "m", "1280x720", "8", (_picture(tmp_path),))):
        for name in sorted(dialect.own_fields):
            with pytest.raises(RequestRefused) as refused:
                await client.create(replace(order, options=(*options, (name, "hostile"))))
            assert refused.value.field == name
        await client.create(replace(order, options=options))
    for seen in provider.seen:
        fields = json.loads(seen.body) if seen.body else {part.name: part.data for part in seen.parts}
        assert (fields["seed"], fields["sound"]) in ((7, False), (b"7", b"false"))
    assert len(provider.seen) == 2


@EVERY
async def test_a_length_is_sent_or_refused(
    dialect: Dialect, body_of: Callable[[object, object], object], provider: FakeProvider, make_client: MakeClient
) -> None:
    """A dialect knows in advance which lengths it can write."""
    provider.reply(200, body_of("video_1", None))
    client, sent = make_client(dialect=dialect), 0
    for seconds in ("8", "2.5", "8.0", "0.5", "100"):
        if dialect.has_length(seconds):
            await client.create(Order("a cat", "key-1", seconds=seconds))
            sent += 1
        else:
            with pytest.raises(RequestRefused):
                await client.create(Order("a cat", "key-1", seconds=seconds))
    assert len(provider.seen) == sent


@EVERY
async def test_a_role_is_sent_or_refused(
    dialect: Dialect,
    body_of: Callable[[object, object], object],
    provider: FakeProvider,
    make_client: MakeClient,
    tmp_path: Path,
) -> None:
    """A picture whose role the API can't name is refused before anything is sent, instead of losing its role."""
    provider.reply(200, body_of("video_1", None))
    client, sent = make_client(dialect=dialect), 0
    for role in get_args(Role):
        if role in dialect.roles:
            await client.create(Order("a cat", "key-1", references=(_picture(tmp_path, role),)))
            sent += 1
        else:
            with pytest.raises(RequestRefused):
                await client.create(Order("a cat", "key-1", references=(_picture(tmp_path, role),)))
    assert len(provider.seen) == sent


def _picture(folder: Path, role: Role = "reference") -> ReferenceFile:
    path = folder / "a.png"
    path.write_bytes(b"picture")
    return ReferenceFile(path, "image/png", role)


@EVERY
async def test_a_missing_picture_is_reported_before_anything_is_sent(
    dialect: Dialect, body_of: Callable[[object, object], object], tmp_path: Path
) -> None:
    """A picture that can't be opened raises while the request is written."""
    order = Order("a cat", "key-1", references=(ReferenceFile(tmp_path / "gone.png", "image/png"),))
    with ExitStack() as files, pytest.raises(FileNotFoundError):
        await dialect.create(order, files)
    with ExitStack() as files, pytest.raises((FileNotFoundError, RequestRefused)):
        await dialect.remix("video_1", order, files)
