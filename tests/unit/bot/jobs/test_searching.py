"""Searching prompts, in any script."""

import pytest

from bot.jobs.model import ChannelId, JobId
from bot.jobs.searching import Prompt, folded, matching


@pytest.mark.parametrize(
    ("prompt", "typed"),
    [
        ("A Red Fox", "red fox"),
        ("ÄPFEL im Regen", "äpfel"),
        ("Красная ЛИСА", "лиса"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
        ("STRASSE", "straße"),
        ("Cafe\u0301", "CAFÉ"),
        ("ｆｏｘ", "fox"),
        ("İstanbul", "i̇stanbul"),
        ("a red\n  fox", "RED FOX"),
        ("狐が雪を走る", "雪"),
        ("100% _real_ \\ 'fox'", "% _real_ \\ '"),
    ],
)
def test_case_width_and_composition_do_not_matter(prompt: str, typed: str) -> None:
    """Words are found as people type them; signs that are wildcards elsewhere are themselves."""
    found = Prompt(JobId("K3M9Q2XA"), prompt, ChannelId(7))
    assert matching([found], folded(typed)) == [found]


@pytest.mark.parametrize("typed", ["%", "_", "f_x", "red%fox", "*", "."])
def test_there_are_no_wildcards(typed: str) -> None:
    """A sign is found only where it is written."""
    assert matching([Prompt(JobId("K3M9Q2XA"), "a red fox", ChannelId(7))], folded(typed)) == []


def test_an_id_is_found_too() -> None:
    """The short id, whole and in any case."""
    found = Prompt(JobId("K3M9Q2XA"), "a red fox", ChannelId(7))
    assert matching([found], folded("k3m9q2xa")) == [found]
    assert matching([found], folded("k3m9")) == []
