"""The details of one video."""

from dataclasses import replace
from typing import Any

from bot.chat import cards
from bot.chat.custom_ids import Action
from bot.chat.details import details
from bot.chat.views import DetailsView, Family, JobView, Relative
from bot.jobs.model import Cause, Charged, Job, JobId, UserId
from bot.jobs.states import State
from tests.readers import ENGLISH

LINK = "https://discord.com/channels/8/7/6"


def texts(message: cards.Message) -> list[str]:
    assert message.layout is not None
    return [block.text for block in message.layout.blocks]


def buttons(message: cards.Message) -> list[cards.Button]:
    assert message.layout is not None
    return [button for block in message.layout.blocks for button in block.buttons]


def finished(job: Job) -> Job:
    moments = {"submitted_at": 1_010.0, "completed_at": 1_100.0, "ended_at": 1_104.0}
    made = {"remote_id": "video_7f", "cost_micros": 1_250_000, "reported": (("size", "1280x704"), ("seconds", "8"))}
    return replace(job, state=State.DELIVERED, **moments, **made)


def test_a_finished_video_is_shown_in_full(job: Job) -> None:
    """Prompt, what was requested and what was made, provider, times, price, family, ids: all is there."""
    parent = replace(job, id=JobId("AAAAAAAA"), request=replace(job.request, prompt="a fox"))
    remix = replace(job, id=JobId("BBBBBBBB"), origin=replace(job.origin, user_id=UserId(43)))
    family = Family((Relative(parent, LINK),), hidden_parent=True, remixes=(Relative(remix, None),), more_remixes=True)
    shown = DetailsView(JobView(finished(job), 2_000.0, link=LINK), family, "provider.test")
    assert texts(details(shown, ENGLISH)) == [
        f"**Done**\n`a red fox`\n[Jump to video]({LINK})",
        (
            "**Requested:** `gpt-4o-video` · `1280x720` · 8 s · 1 picture\n"
            "**Made, says the provider:** `size: 1280x704` · `seconds: 8`\n"
            "**Provider:** `provider.test`\n"
            "Requested by <@42> <t:1000:R>\n"
            "Started <t:1010:R> · Finished <t:1104:R>\n"
            "waited 10 sec · rendered in 1 min 30 sec · posted 4 sec later\n"
            "**Price:** `1.25`, in the provider's currency"
        ),
        (
            f"**Remix of** `a fox` by <@42> <t:1000:R> · [Jump to video]({LINK})\n"
            "**Remix of** a video that you can't see\n"
            "**Remixed as** `a red fox` by <@43> <t:1000:R>\n"
            "…and in more remixes"
        ),
        "**Video ID:** `K3M9Q2XA`\n**ID at the provider:** `video_7f`",
    ]


def test_what_was_not_requested_is_called_default_although_it_was_made(job: Job) -> None:
    """Details tell both apart: what was requested, and what the provider made of it."""
    bare = replace(finished(job), request=replace(job.request, size=None, seconds=None, references=()))
    made = texts(details(DetailsView(JobView(bare, 2_000.0)), ENGLISH))[1]
    assert "**Requested:** `gpt-4o-video` · default size · default length\n" in made
    assert "**Made, says the provider:** `size: 1280x704` · `seconds: 8`" in made


def test_what_the_file_has_is_no_report_of_the_provider(job: Job) -> None:
    """It has a line of its own."""
    bare = replace(
        finished(job), reported=(("seconds", "8"), ("measured_size", "1280x704"), ("measured_seconds", "8.04"))
    )
    made = texts(details(DetailsView(JobView(bare, 2_000.0)), ENGLISH))[1]
    assert "**Made, says the provider:** `seconds: 8`\n**Video file:** `1280x704` · 8 s\n" in made


def test_a_price_is_an_estimate_until_the_provider_reports_one(job: Job) -> None:
    """With the currency of the model's price; of what surely wasn't charged there is none."""

    def price(**changes: Any) -> str:
        bare = replace(finished(job), **({"cost_micros": None, "price_micros": 800_000, "currency": "USD"} | changes))
        return texts(details(DetailsView(JobView(bare, 2_000.0)), ENGLISH))[1].rpartition("\n")[2]

    assert price(charged=Charged.YES) == "**Price:** about $0.80"
    assert price(charged=Charged.YES, cost_micros=812_500) == "**Price:** $0.8125"
    assert "Price" not in price(state=State.FAILED, charged=Charged.NO)
    assert "Price" not in price(price_micros=None, charged=Charged.YES)


def test_the_first_frame_is_beside_the_prompt(job: Job) -> None:
    """A kept frame is sent along, with the prompt as its description."""
    shown = DetailsView(JobView(finished(job), 2_000.0, first_frame=b"jpeg"))
    message = details(shown, ENGLISH)
    assert message.layout is not None
    assert message.layout.blocks[0].picture == cards.Picture("frame-K3M9Q2XA.jpg", b"jpeg", "a red fox")


def test_a_waiting_job_shows_its_place_in_the_queue(job: Job) -> None:
    """What isn't known yet is left out: nothing was sent, so no provider, no duration and no id of its own."""
    shown = details(DetailsView(JobView(job, 1_001.0, queue_position=2, link=LINK), provider="provider.test"), ENGLISH)
    assert texts(shown) == [
        f"**Waiting in the queue**\n`a red fox`\n#2 in the queue\n[Jump to video]({LINK})",
        "**Requested:** `gpt-4o-video` · `1280x720` · 8 s · 1 picture\nRequested by <@42> <t:1000:R>",
        "**Video ID:** `K3M9Q2XA`",
    ]
    assert [button.id.action for button in buttons(shown)] == [Action.CANCEL]
    far_back = details(DetailsView(JobView(job, 1_001.0, queue_position=201)), ENGLISH)
    assert "In the queue, behind at least 200 others" in texts(far_back)[0]


def test_a_failed_job_says_why_and_can_be_retried(job: Job) -> None:
    """The cause and the next step of the notice, with the buttons that they name, for its requester alone."""
    failed = replace(job, state=State.FAILED, cause=Cause.PROVIDER, submitted_at=1_010.0, ended_at=1_020.0)
    message = details(DetailsView(JobView(failed, 2_000.0)), ENGLISH)
    assert "The video service failed" in texts(message)[0]
    assert [str(button.id) for button in buttons(message)] == [
        "vb:list:retry:K3M9Q2XA:1",
        "vb:list:edit_retry:K3M9Q2XA:1",
    ]
    assert buttons(details(DetailsView(JobView(failed, 2_000.0, owned=False, controlled=True)), ENGLISH)) == []
    refused = replace(failed, state=State.REFUSED, cause=Cause.CONTENT)
    # The reason is shown beside it.
    assert [one.id.action for one in buttons(details(DetailsView(JobView(refused, 2.0)), ENGLISH))] == [
        Action.EDIT_RETRY
    ]


def test_whoever_only_looks_gets_no_button(job: Job) -> None:
    """A video that was withheld is posted by people who may, for as long as it is kept."""
    kept = replace(job, state=State.CANCELLED, withheld=True, ended_at=1_100.0)
    for view, expected in (
        (JobView(kept, 2_000.0), [Action.POST_IT]),
        (JobView(kept, 2_000.0, owned=False), [Action.POST_IT]),
        (JobView(kept, 2_000.0, owned=False, controlled=False), []),
        (JobView(kept, 2_000.0, kept=False), []),
        (JobView(replace(job, state=State.RENDERING), 2_000.0, can_stop=True), [Action.STOP]),
        (JobView(replace(job, state=State.STOPPED, withheld=True), 2_000.0, can_stop=True), []),
    ):
        assert [button.id.action for button in buttons(details(DetailsView(view), ENGLISH))] == expected


def test_a_long_prompt_is_attached_whole(job: Job) -> None:
    """Its beginning is shown, and all of it is in the file."""
    long = replace(job, request=replace(job.request, prompt="x" * 2_000))
    message = details(DetailsView(JobView(long, 1_001.0)), ENGLISH)
    assert message.text_file == "x" * 2_000
    assert len(texts(message)[0]) < 500


def test_a_veiled_job_shows_neither_prompt_nor_picture(job: Job) -> None:
    """Of a channel that the reader can't see: who, when, model, cost and end, and nothing else."""
    view = JobView(finished(job), 2_000.0, link=LINK, veiled=True, first_frame=b"jpeg")
    family = Family((Relative(job, LINK),))
    message = details(DetailsView(view, family, "provider.test"), ENGLISH)
    assert texts(message) == [
        (
            "**Done** · <t:1000:R> · `K3M9Q2XA`\n`gpt-4o-video`\nRequested by <@42> <t:1000:R>\nFinished <t:1104:R>\n"
            "**Price:** `1.25`, in the provider's currency\nYou weren't charged. It counts towards your daily limit."
        )
    ]
    assert buttons(message) == []
    assert message.layout is not None
    assert message.layout.blocks[0].picture is None
    assert message.text_file is None
