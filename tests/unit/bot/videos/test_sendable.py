"""Which requests a dialect can send, and which of a model's providers a request therefore goes to."""

from pathlib import Path
from typing import Any, get_args

import pytest

from bot.jobs.model import Cause, Reference, VideoRequest
from bot.jobs.offered_models import OfferedModel, Option, Role, Route
from bot.videos.dialects import Dialect
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.dialects.openrouter import OpenRouterDialect
from bot.videos.providers import Provider, Providers
from bot.videos.sendable import Needs, judge_needs, needs_of_order, needs_of_request
from bot.videos.values import Order, ReferenceFile
from tests.unit.bot.engine.providers_of_test import NoVideos

OPENAI, OPENROUTER = OpenAIDialect(), OpenRouterDialect()
FAST = Option("fast", "switch", "duration", "Quick")
SEED = Option("seed", "integer", "seed", "A seed")
LOUD = Option("loud", "switch", "sound", "With sound", default=True)
PICTURE = Reference("0" * 64, "image/png", 1)


@pytest.mark.parametrize(
    ("dialect", "needs", "refused"),
    [
        (OPENAI, Needs(), None),
        (OPENROUTER, Needs(), None),
        (OPENAI, Needs(frozenset({"seed", "duration"}), frozenset({"reference"}), "2.5"), None),
        (OPENROUTER, Needs(frozenset({"seed", "seconds"}), frozenset(get_args(Role)), "8.0"), None),
        (OPENAI, Needs(frozenset({"seed", "seconds"})), (Cause.INPUT, "seconds")),
        (OPENROUTER, Needs(frozenset({"seed", "duration"})), (Cause.INPUT, "duration")),
        (OPENAI, Needs(roles=frozenset({"first"})), (Cause.INPUT, "input_reference")),
        (OPENROUTER, Needs(seconds="2.5"), (Cause.LENGTH, "seconds")),
    ],
)
def test_what_a_dialect_can_send(dialect: Dialect, needs: Needs, refused: tuple[Cause, str] | None) -> None:
    """It has its own fields to itself, the roles that it can name, and lengths in its units."""
    found = judge_needs(dialect, needs)
    assert (None if found is None else (found.cause, found.field)) == refused


def test_what_an_order_needs(tmp_path: Path) -> None:
    """Everything in it but its prompt, size and model, which all dialects have."""
    pictures = (ReferenceFile(tmp_path, "image/png"), ReferenceFile(tmp_path, "image/png", "last"))
    order = Order("a cat", "key", "m", "1x1", "8", pictures, (("seed", 7), ("sound", True)))
    assert needs_of_order(order) == Needs(frozenset({"seed", "sound"}), frozenset({"reference", "last"}), "8")
    assert needs_of_order(Order("a cat", "key")) == Needs()


def a_model(*providers: str, **changes: Any) -> OfferedModel:
    routes = tuple(Route(provider, f"{provider}/cinema") for provider in providers)
    return OfferedModel("cinema", "Cinema", routes, ("1280x720",), ("2.5", "8"), **changes)


def test_what_a_request_needs() -> None:
    """The chosen options that the model has, defaults of the others, and frames where the model takes no references."""
    model = a_model("one", options=(SEED, LOUD), roles=("first", "last"))
    request = VideoRequest("a cat", references=(PICTURE,), options=(("gone", 1), ("seed", 7)))
    assert needs_of_request(model, request) == Needs(frozenset({"seed", "sound"}), frozenset({"first"}), None)


@pytest.mark.parametrize(
    ("request_", "able"),
    [
        (VideoRequest("a cat"), ("one", "two")),
        (VideoRequest("a cat", seconds="8"), ("one", "two")),
        (VideoRequest("a cat", seconds="2.5"), ("one",)),
        (VideoRequest("a cat", options=(("fast", True),)), ("one",)),
        (VideoRequest("a cat", options=(("seed", 7),)), ("one", "two")),
        # Neither can: the first one's client refuses it, unsent.
        (VideoRequest("a cat", options=(("fast", True), ("late", True))), ("one", "two")),
        (VideoRequest("a cat", model="gone"), ()),
    ],
)
def test_a_provider_that_can_not_send_a_request_is_skipped(request_: VideoRequest, able: tuple[str, ...]) -> None:
    """The others of its model stay, in their order."""
    clients: list[Any] = [NoVideos("https://one.test/v1"), NoVideos("https://two.test/v1", OPENROUTER)]
    known = [Provider(client.provider, name, client) for name, client in zip(("one", "two"), clients, strict=True)]
    late = Option("late", "switch", "seconds", "Later")
    providers = Providers(known, [a_model("one", "two", options=(FAST, SEED, late))])
    assert tuple(route.provider.name for route in providers.routes_for(request_)) == able
