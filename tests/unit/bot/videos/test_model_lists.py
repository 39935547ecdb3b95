"""What a provider says about its models is foreign text: what fits is kept, and nothing breaks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.videos.model_lists import MODELS_MAX, TEXT_MAX_CHARACTERS, ListedModel, ModelList, read_model_list
from bot.videos.response import decode

KEY = "sk-test-4711-secret"
# As OpenRouter documents it.
VEO = {
    "id": "google/veo-3.1",
    "canonical_slug": "google/veo-3.1",
    "name": "Google: Veo 3.1",
    "created": 1719792000,
    "supported_resolutions": ["720p", "1080p"],
    "supported_aspect_ratios": ["16:9", "9:16"],
    "supported_sizes": ["1280x720", "1920X1080", "huge"],
    "supported_durations": [4, 6, "8", 2.5, -1, None],
    "supported_frame_images": ["first_frame", "last_frame", "middle_frame"],
    "generate_audio": True,
    "seed": None,
    "pricing_skus": {"per-video-second": "0.50", "per-video-second-1080p": 0.75},
    "allowed_passthrough_parameters": ["output_config"],
}


def names(body: object) -> list[str]:
    found = read_model_list(body, KEY)
    assert found is not None
    return [model.id for model in found.models]


def test_a_described_model() -> None:
    """Sizes, lengths, frames, sound and prices, without those that no command could offer."""
    assert read_model_list({"data": [VEO]}, KEY) == ModelList(
        (
            ListedModel(
                "google/veo-3.1", "Google: Veo 3.1", ("1280x720", "1920x1080"), ("4", "6", "8", "2.5"),
                ("first", "last"), seed=False, sound=True,
                prices=(("per-video-second", "0.50"), ("per-video-second-1080p", "0.75")),
                about=(
                    ("supported_resolutions", ("720p", "1080p")), ("supported_aspect_ratios", ("16:9", "9:16")),
                    ("allowed_passthrough_parameters", ("output_config",)),
                ),
            ),
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        {"object": "list", "data": [{"id": "a", "object": "model", "owned_by": "x"}, {"id": "b"}]},
        [{"id": "a"}, {"id": "b"}],
        {"models": ["a", "b"]},
        {"data": None, "items": [{"name": "a"}, {"model": "b"}]},
    ],
)
def test_a_plain_list(body: object) -> None:
    """Names alone, under any of the names that a list has."""
    assert names(body) == ["a", "b"]
    found = read_model_list(body, KEY)
    assert found is not None
    assert not any(model.is_described for model in found.models)


@pytest.mark.parametrize("body", [None, {}, {"data": {}}, "models", 5, {"error": {"message": "no"}}, {"data": "a"}])
def test_what_is_no_list(body: object) -> None:
    """It isn't one without models, either."""
    assert read_model_list(body, KEY) is None
    assert read_model_list({"data": []}, KEY) == ModelList(())


def test_names_that_cannot_be_used_are_left_out() -> None:
    """Cut or changed they would name another model; one with the key in it would write it into a file."""
    bad = ["", " a", "a\nb", "a\u202eb", "x" * 101, f"model-{KEY}", "\ud800", 7, None, {}, [], "good", "good"]
    found = read_model_list({"data": [{"id": name} for name in bad]}, KEY)
    assert found == ModelList((ListedModel("good"),), left_out=len(bad) - 1)


def test_models_that_make_no_videos_are_no_matter() -> None:
    """Those that say so: a list of hundreds of chat models is no list of videos."""
    chat = {"id": "chat", "architecture": {"output_modalities": ["text"]}}
    wan = {"id": "wan", "architecture": {"output_modalities": ["video"]}}
    assert read_model_list({"data": [chat, wan, {"id": "b", "architecture": {"output_modalities": []}}]}, KEY) == (
        ModelList((ListedModel("wan"), ListedModel("b")))
    )


def test_a_huge_list_is_cut() -> None:
    """At 200 models."""
    found = read_model_list({"data": [{"id": f"m{number}"} for number in range(5000)]}, KEY)
    assert found is not None
    assert (len(found.models), found.left_out) == (MODELS_MAX, 4800)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=150) | st.just(f"a {KEY} b"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(sorted(VEO)), inner, max_size=6),
    max_leaves=20,
)


def texts_of(model: ListedModel) -> list[str]:
    pairs = [*model.prices, *((name, value) for name, values in model.about for value in values)]
    return [model.id, model.label or "-", *(text for pair in pairs for text in pair)]


@pytest.mark.slow
@given(st.lists(st.dictionaries(st.sampled_from(sorted(VEO)), JSON, max_size=8) | JSON, max_size=6))
def test_no_list_is_too_strange(entries: list[Any]) -> None:
    """Every text is a line of at most 100 characters without the key."""
    found = read_model_list({"data": entries}, KEY)
    assert found is not None
    assert len(found.models) + found.left_out <= len(entries)
    for model in found.models:
        for text in texts_of(model):
            assert text.isprintable()
            assert 0 < len(text) <= TEXT_MAX_CHARACTERS
            assert KEY not in text


def test_a_body_that_is_no_json() -> None:
    """It is no list."""
    assert read_model_list(decode(b"<html>"), KEY) is None
    assert read_model_list(decode(b"[" * 100_000), KEY) is None
