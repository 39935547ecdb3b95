"""The forms for a prompt and pictures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat import forms
from bot.chat.custom_ids import FormId, FormPurpose, FormSource
from bot.chat.forms import FormAnswer
from bot.jobs.model import Upload
from bot.jobs.reasons import Reason, RefusalError

VIDEO = FormId(FormPurpose.VIDEO, FormSource.DRAFT, "a1b2")
REMIX = FormId(FormPurpose.REMIX, FormSource.JOB, "K3M9Q2XA")
anything = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["prompt", "references", 4, 18, 19]),
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


async def test_the_form_asks_for_a_prompt_and_offers_a_place_for_pictures() -> None:
    """A long text field that must be filled, and a file field that may stay empty, both inside labels."""
    payload = forms.build(VIDEO, "en").to_dict()
    assert payload["custom_id"] == "vf:video:draft:a1b2"
    assert payload["title"] == "Make a video"
    prompt, pictures = payload["components"]
    assert (prompt["type"], pictures["type"]) == (18, 18)
    assert (
        prompt["component"] | {"type": 4, "style": 2, "required": True, "min_length": 1, "max_length": 4000}
        == prompt["component"]
    )
    assert pictures["component"] == {
        "type": 19,
        "custom_id": "references",
        "min_values": 0,
        "max_values": 4,
        "required": False,
    }
    assert all(len(label["label"]) <= 45 and len(label.get("description", "")) <= 100 for label in (prompt, pictures))
    assert len(prompt["component"]["placeholder"]) <= 100


async def test_pictures_that_were_given_already_leave_less_room() -> None:
    """Pictures given with the command count, and with four there is no field for more."""
    payload = forms.build(REMIX, "en", room=1).to_dict()
    assert payload["title"] == "Remix K3M9Q2XA"
    assert payload["components"][1]["component"]["max_values"] == 1
    assert len(forms.build(REMIX, "en", room=0).to_dict()["components"]) == 1


async def test_discord_py_keeps_no_form_of_ours() -> None:
    """The form counts as finished before it is sent, so that a dismissed one is not kept for ever."""
    assert forms.build(VIDEO, "en").is_finished()


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


@given(st.dictionaries(st.sampled_from(["components", "resolved"]), anything))
def test_no_payload_breaks_the_reading(data: dict[str, object]) -> None:
    """Whatever arrives, the answer is a prompt and a few files."""
    answer = forms.read(data)
    assert isinstance(answer.prompt, str)
