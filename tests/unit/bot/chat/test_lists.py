"""The private answers of /status."""

from dataclasses import replace

import pytest

from bot.chat import cards, lists
from bot.chat.custom_ids import Action
from bot.chat.details import actions_of
from bot.chat.escape import discord_length
from bot.chat.views import JobView
from bot.jobs.model import Cause, Job, JobId
from bot.jobs.states import State
from bot.jobs.store.finding import Suggestion
from tests.readers import ENGLISH
from tests.unit.bot.chat.markup_judge import read

LINK = "https://discord.com/channels/8/7/6"


def description_of(message: cards.Message) -> str:
    assert message.embed is not None
    return message.embed.description or ""


def test_someone_without_videos_learns_how_to_get_one() -> None:
    """The empty list says what to do."""
    message = lists.running_and_latest([], ENGLISH)
    assert message.content == "No videos yet. Make one with `/video`!"
    assert message.embed is None


def test_the_list_shows_state_progress_age_and_the_way_to_each(job: Job) -> None:
    """Each job has its entry, with a jump link where there is a message."""
    rendering = replace(job, state=State.RENDERING, progress=50)
    delivered = replace(job, id=JobId("AAAAAAAA"), state=State.DELIVERED, ended_at=1_050.0)
    message = lists.running_and_latest([JobView(rendering, 1_060.0), JobView(delivered, 1_060.0, link=LINK)], ENGLISH)
    assert description_of(message) == (
        "**Rendering** · <t:1000:R> · `K3M9Q2XA`\n`a red fox`\n▰▰▰▰▰▰▱▱▱▱▱▱ 50 %\n\n"
        f"**Done** · <t:1000:R> · `AAAAAAAA`\n`a red fox`\n[Jump to video]({LINK})"
    )
    assert message.ping is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [Action.CANCEL]),
        ({"state": State.RENDERING}, [Action.WITHHOLD]),
        ({"state": State.RENDERING, "withheld": True}, [Action.POST_IT]),
        ({"state": State.DELIVERED, "withheld": True}, []),
        ({"state": State.UNDELIVERABLE}, [Action.POST_IT]),
        ({"state": State.CANCELLED, "withheld": True}, [Action.POST_IT]),
        ({"state": State.CANCELLED}, []),
        ({"state": State.DELIVERED}, []),
    ],
)
def test_each_job_offers_what_can_be_done_about_it(
    job: Job, changes: dict[str, object], expected: list[Action]
) -> None:
    """Cancel, *Don't post* or **Post it** where they apply; nothing after a plain Cancel."""
    changed = replace(job, **changes)
    in_list = lists.running_and_latest([JobView(changed, 1.0)], ENGLISH)
    assert [button.id.action for button in in_list.buttons] == expected
    assert all(button.label.endswith(" K3M9Q2XA") for button in in_list.buttons)
    assert [button.id.action for button in actions_of(JobView(changed, 1.0), ENGLISH)] == expected


def test_a_long_list_stays_within_what_discord_takes(job: Job) -> None:
    """However many jobs and however long their prompts and links, the message can be sent."""
    wordy = replace(job, withheld=True, state=State.RENDERING, request=replace(job.request, prompt="🦊`" * 2_000))
    jobs = [replace(wordy, id=JobId(f"{number:08}"), withheld=number % 2 == 0) for number in range(60)]
    message = lists.running_and_latest([JobView(one, 1.0, link=LINK + "9" * 60) for one in jobs], ENGLISH)
    assert discord_length(description_of(message)) <= 4_096
    assert description_of(message).count("`00000") == lists.JOBS_SHOWN
    assert len(message.buttons) <= 25


def test_why_shows_what_the_notice_does_not(job: Job) -> None:
    """Cause, next step, prompt and settings; a long prompt is attached."""
    refused = replace(job, state=State.REFUSED, cause=Cause.CONTENT, about="prompt", submitted_at=1.0, ended_at=2.0)
    message = lists.why(refused, ENGLISH)
    assert "was blocked by the provider's content rules" in message.content
    assert "`a red fox`" in description_of(message)
    assert message.buttons == ()
    long = replace(refused, request=replace(refused.request, prompt="x" * 2000))
    assert lists.why(long, ENGLISH).text_file == "x" * 2000


def test_a_choice_names_the_video_in_plain_text(job: Job) -> None:
    """Autocomplete shows prompt, age and id, in at most 100 characters."""
    assert lists.choice_name(Suggestion(job.id, "a red fox", 1_000.0), 1_200.0, ENGLISH) == (
        "a red fox · 3 min. ago · K3M9Q2XA"
    )
    for prompt in ("🦊" * 2_000, "\u202e\n@everyone", ""):
        name = lists.choice_name(Suggestion(job.id, prompt, 1_000.0), 9e9, ENGLISH)
        assert 0 < discord_length(name) <= 100
        assert name.endswith(" · K3M9Q2XA")
        assert "\u202e" not in name
        assert "\n" not in name


def test_foreign_text_does_nothing_in_a_private_answer(job: Job) -> None:
    """A private list shows a prompt as safely as a channel does."""
    evil = replace(job, request=replace(job.request, prompt="`@everyone <@1> [x](https://evil.test)"))
    message = lists.running_and_latest([JobView(evil, 1.0)], ENGLISH)
    assert {kind for kind, _ in read(description_of(message))} <= {"code", "style", "timestamp"}
