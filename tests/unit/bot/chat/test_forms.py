"""The forms for a prompt and pictures."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat import forms
from bot.chat.custom_ids import FormId, FormPurpose, FormSource
from bot.chat.escape import discord_length
from bot.chat.forms import FormAnswer
from bot.jobs.catalogue import Catalogue
from bot.jobs.drafts import Draft
from bot.jobs.model import ChannelId, GuildId, JobId, Place, Reference, Upload, UserId, VideoRequest
from bot.jobs.offered_models import OfferedModel
from bot.jobs.reasons import Reason, RefusalError
from tests.readers import ENGLISH

VIDEO = FormId(FormPurpose.VIDEO, FormSource.DRAFT, "a1b2")
REMIX = FormId(FormPurpose.REMIX, FormSource.JOB, "K3M9Q2XA")
anything = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["prompt", "references", "size", 3, 4, 18, 19]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "custom_id", "component", "components", "value", "values", "resolved", "attachments"]
            ),
            inner,
            max_size=4,
        )
    ),
)


def submitted(prompt: object = "a fox", values: object = (), attachments: object = None) -> dict[str, object]:
    """What Discord sends when the form is submitted (docs/facts/discord.md, "Forms")."""
    return {
        "custom_id": str(VIDEO),
        "components": [
            {"type": 18, "id": 1, "component": {"type": 4, "id": 2, "custom_id": "prompt", "value": prompt}},
            {"type": 18, "id": 3, "component": {"type": 19, "id": 4, "custom_id": "references", "values": values}},
        ],
        "resolved": {"attachments": attachments or {}},
    }


OFFERED = Catalogue.of(("cinema-2", "cartoon-1"), ("1280x720", "720x1280", "512x512"), ("4", "8"))
ONE = Catalogue.of(("cinema-2",), ("1280x720",), ("8",))
CINEMA = OfferedModel("cinema-2", "Cinema 2", (), ("1280x720", "720x1280"), ("4", "8"), references=1)
CARTOON = OfferedModel("cartoon-1", "Cartoon", (), ("512x512", "256x256"), ("12",), references=0)
DIFFERENT = Catalogue((CINEMA, CARTOON))
PICTURE = Reference("0" * 64, "png", 3)
UPLOAD = Upload("https://cdn.test/a.png", "a.png", 4)


def a_draft(request: VideoRequest | None = None, **changes: Any) -> Draft:
    place = Place(ChannelId(7), GuildId(8))
    return Draft("a1b2", UserId(42), place, request or VideoRequest("", "cinema-2"), None, 1.0, **changes)


def rows_of(
    draft: Draft, offered: Catalogue = OFFERED, form: FormId = VIDEO, inherited: str | None = None
) -> list[dict[str, Any]]:
    return list(forms.build(form, ENGLISH, draft, offered, inherited).to_dict()["components"])


def picked(row: dict[str, Any]) -> list[str]:
    return [option["label"] for option in row["component"]["options"] if option.get("default")]


async def test_the_form_has_five_rows_inside_labels() -> None:
    """Prompt, pictures, model, size and length, in this order."""
    payload = forms.build(VIDEO, ENGLISH, a_draft(), OFFERED).to_dict()
    assert payload["custom_id"] == "vf:video:draft:a1b2"
    assert payload["title"] == "Make a video"
    rows = payload["components"]
    assert [row["type"] for row in rows] == [18] * 5
    fields = [row["component"] for row in rows]
    assert [field["type"] for field in fields] == [4, 19, 3, 3, 3]
    assert [field["custom_id"] for field in fields] == ["prompt", "references", "model", "size", "seconds"]
    text = fields[0]
    assert text | {"style": 2, "required": True, "min_length": 1, "max_length": 4000} == text
    assert (fields[1]["min_values"], fields[1]["max_values"], fields[1]["required"]) == (0, 4, False)
    assert all(len(row["label"]) <= 45 and len(row.get("description") or "") <= 100 for row in rows)
    assert len(text["placeholder"]) <= 100


async def test_choices_say_what_they_mean() -> None:
    """Shapes of sizes, seconds, and what is taken when nothing is chosen, which is picked."""
    _, _, model, size, length = rows_of(a_draft())
    labels = [[option["label"] for option in row["component"]["options"]] for row in (model, size, length)]
    assert labels == [
        ["cinema-2 (default)", "cartoon-1"],
        ["default", "1280x720 (landscape)", "720x1280 (portrait)", "512x512 (square)"],
        ["default", "4 s", "8 s"],
    ]
    assert [picked(row) for row in (model, size, length)] == [["cinema-2 (default)"], ["default"], ["default"]]


async def test_what_the_draft_holds_is_picked_and_prefilled() -> None:
    """The prompt whole, and the options that were chosen."""
    request = VideoRequest("x" * 4000, "cartoon-1", "720x1280", "8")
    prompt, _, model, size, length = rows_of(a_draft(request))
    assert prompt["component"]["value"] == "x" * 4000
    assert [picked(row) for row in (model, size, length)] == [["cartoon-1"], ["720x1280 (portrait)"], ["8 s"]]
    gone = rows_of(a_draft(VideoRequest("x", "gone", "9x9", "99")))
    assert [picked(row) for row in gone[2:]] == [["cinema-2 (default)"], ["default"], ["default"]]


async def test_a_remix_may_leave_the_model_to_the_provider() -> None:
    """Its model, too, has a default."""
    request = VideoRequest("", parent_id=JobId("K3M9Q2XA"))
    payload = forms.build(REMIX, ENGLISH, a_draft(request), OFFERED).to_dict()
    assert payload["title"] == "Remix a video"
    assert [option["label"] for option in payload["components"][2]["component"]["options"]] == [
        "default",
        "cinema-2",
        "cartoon-1",
    ]
    assert picked(payload["components"][2]) == ["default"]


async def test_a_row_with_one_possible_value_is_left_out() -> None:
    """Nothing is asked that has one answer."""
    assert len(rows_of(a_draft(), ONE)) == 2


async def test_a_form_offers_what_its_model_takes() -> None:
    """Sizes, lengths and the number of pictures are those of the chosen model; a model that takes none has no row."""
    rows = {row["component"]["custom_id"]: row for row in rows_of(a_draft(), DIFFERENT)}
    assert list(rows) == ["prompt", "references", "model", "size", "seconds"]
    assert rows["references"]["component"]["max_values"] == 1
    assert rows["references"]["description"].startswith("Up to 1")
    shown = {name: [option["value"] for option in row["component"].get("options", ())] for name, row in rows.items()}
    assert shown["model"] == ["cinema-2", "cartoon-1"]
    assert shown["size"] == [forms.DEFAULT_VALUE, "1280x720", "720x1280"]
    assert [option["label"] for option in rows["model"]["component"]["options"]] == ["Cinema 2 (default)", "Cartoon"]
    other = rows_of(a_draft(VideoRequest("", "cartoon-1")), DIFFERENT)
    assert [row["component"]["custom_id"] for row in other] == ["prompt", "model", "size"]
    assert [option["value"] for option in other[2]["component"]["options"]][1:] == ["512x512", "256x256"]


async def test_the_form_of_a_remix_offers_what_its_parents_model_takes() -> None:
    """Unless another one is chosen; where the parent's isn't offered any more, the first one is picked."""
    request = VideoRequest("", parent_id=JobId("K3M9Q2XA"))
    kept = rows_of(a_draft(request), DIFFERENT, REMIX, "cartoon-1")
    assert [row["component"]["custom_id"] for row in kept] == ["prompt", "model", "size"]
    assert picked(kept[1]) == ["default"]
    gone = rows_of(a_draft(request), DIFFERENT, REMIX, "sketch-3")
    assert [row["component"]["custom_id"] for row in gone] == ["prompt", "references", "model", "size", "seconds"]
    assert picked(gone[2]) == ["Cinema 2 (default)"]


async def test_what_no_row_changes_is_named_under_the_prompt() -> None:
    """Options of the model, and that the request is private; what is too long for the row is cut."""
    request = VideoRequest("", "cinema-2", options=(("avoid", "`<@42>` fog"), ("seed", 7), ("sound", False)))
    assert rows_of(a_draft(request))[0]["description"] == "Also: avoid: `<@42>` fog · seed: 7 · sound: off."
    both = replace(request, private=True, options=(("avoid", "x" * 200),))
    described = rows_of(a_draft(both))[0]["description"]
    assert described.startswith("Private: it comes to your direct messages. Also: avoid: xx")
    assert len(described) <= 100


async def test_many_choices_are_cut_but_for_what_was_picked() -> None:
    """Discord takes 25 options; the one that was chosen is among them."""
    many = Catalogue.of([f"m{number}" for number in range(40)], ["1x1"], ["8"])
    options = rows_of(a_draft(VideoRequest("", "m33")), many)[2]["component"]["options"]
    assert len(options) == 25
    assert [option["value"] for option in options if option["default"]] == ["m33"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Up to 4"),
        ({"uploads": (UPLOAD,)}, "1 picture kept"),
        ({"uploads": (UPLOAD,) * 3}, "3 pictures kept"),
        ({"request": VideoRequest("", references=(PICTURE,)), "uploads": (UPLOAD,)}, "2 pictures kept"),
        ({"pictures_dropped": True}, "Leave empty for none"),
        ({"pictures_dropped": True, "uploads": (UPLOAD,)}, "1 picture kept"),
    ],
)
async def test_the_upload_row_says_what_is_kept(changes: dict[str, Any], said: str) -> None:
    """Uploads can't be prefilled, so the row says how many there are, and what leaving it empty means."""
    row = rows_of(a_draft(**changes))[1]
    assert said in row["description"]
    assert len(row["description"]) <= 100
    assert row["component"]["max_values"] == 4


async def test_discord_py_keeps_no_form_of_ours() -> None:
    """The form counts as finished before it is sent, so that a dismissed one is not kept for ever."""
    assert forms.build(VIDEO, ENGLISH, a_draft(), OFFERED).is_finished()


@pytest.mark.parametrize("prompt", ["\ud800 half a pair", "\N{FOX FACE}" * 4000, "x" * 5000])
async def test_any_prompt_can_be_prefilled(prompt: str) -> None:
    """Discord takes at most 4,000 characters, and no half of a surrogate pair."""
    value = rows_of(a_draft(VideoRequest(prompt)))[0]["component"]["value"]
    assert discord_length(value) <= 4000
    value.encode()


def test_new_files_replace_all_pictures_and_none_keeps_them() -> None:
    """The same for those that are kept already and those that are at Discord."""
    draft = a_draft(VideoRequest("x", references=(PICTURE,)), uploads=(UPLOAD,), pictures_dropped=True)
    kept = forms.fill_in(draft, FormAnswer("y"))
    assert (kept.request.prompt, kept.request.references, kept.uploads) == ("y", (PICTURE,), (UPLOAD,))
    new = replace(UPLOAD, file_name="b.png")
    changed = forms.fill_in(draft, FormAnswer("y", (new,)))
    assert (changed.request.references, changed.uploads, changed.pictures_dropped) == ((), (new,), False)


def test_options_are_taken_from_the_rows_that_were_there() -> None:
    """A row that was left out changes nothing; the default is no value."""
    draft = a_draft(VideoRequest("x", "cinema-2", "1280x720", "8"))
    filled = forms.fill_in(draft, FormAnswer("y", (), {"model": "cartoon-1", "seconds": None}))
    assert filled.request == VideoRequest("y", "cartoon-1", "1280x720", None)


def test_picked_options_are_read() -> None:
    """From select menus inside labels; the default is None, and odd values don't count."""
    data = {
        "components": [
            {"type": 18, "component": {"type": 3, "custom_id": name, "values": values}}
            for name, values in (("model", ["cartoon-1"]), ("size", ["(default)"]), ("seconds", [5]), ("other", ["x"]))
        ]
    }
    assert forms.read(data) == FormAnswer("", (), {"model": "cartoon-1", "size": None})


def test_an_answer_is_read_from_what_discord_sends() -> None:
    """The prompt and the files, in the order in which they were put."""
    attachments = {
        "11": {"id": "11", "filename": "b.png", "size": 3, "url": "https://cdn.test/b.png"},
        "12": {"id": "12", "filename": "a.png", "size": 4, "url": "https://cdn.test/a.png"},
    }
    assert forms.read(submitted(values=["12", "11"], attachments=attachments)) == FormAnswer(
        "a fox",
        (Upload("https://cdn.test/a.png", "a.png", 4), Upload("https://cdn.test/b.png", "b.png", 3)),
    )


def test_an_old_kind_of_row_is_read_as_well() -> None:
    """Fields inside action rows instead of labels mean the same."""
    data = {"components": [{"type": 1, "components": [{"type": 4, "custom_id": "prompt", "value": "x"}]}]}
    assert forms.read(data) == FormAnswer("x")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"components": None, "resolved": None},
        submitted(prompt=None),
        submitted(prompt="", values="1", attachments={"1": {"url": "u", "size": 1}}),
    ],
)
def test_what_is_missing_or_odd_counts_as_not_filled_in(data: dict[str, object]) -> None:
    """A form that lacks something reads as an empty answer, which is then refused with a sentence."""
    assert forms.read(data) == FormAnswer("")


@pytest.mark.parametrize(
    "data",
    [
        submitted(prompt="x", values=["404"]),
        submitted(prompt="x", values=["1"], attachments={"1": {"url": 5, "size": "x"}}),
    ],
)
def test_a_file_that_is_named_without_being_there_is_a_no(data: dict[str, object]) -> None:
    """B11: a video without the picture is not what was asked for, so none is made."""
    with pytest.raises(RefusalError) as no:
        forms.read(data)
    assert no.value.refusal.reason is Reason.CLIENT_STALE


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(["components", "resolved"]), anything))
def test_no_payload_breaks_the_reading(data: dict[str, object]) -> None:
    """For any payload the result is a prompt and a few files."""
    answer = forms.read(data)
    assert isinstance(answer.prompt, str)


@pytest.mark.parametrize(
    ("data", "typed"),
    [
        ({"options": [{"name": "size", "value": "1x1"}, {"name": "prompt", "value": "a fox"}]}, "a fox"),
        ({"components": [{"component": {"custom_id": "prompt", "value": "a fox"}}]}, "a fox"),
        ({"options": [{"name": "prompt", "value": 5}], "components": [None, {"component": []}]}, ""),
        ({"options": {"name": "prompt"}, "components": "prompt"}, ""),
        (None, ""),
    ],
)
def test_what_was_typed_is_found_in_anything(data: dict[str, object] | None, typed: str) -> None:
    """It is given back with every no, also where the rest of the interaction is odd."""
    assert forms.typed_prompt(data) == typed
