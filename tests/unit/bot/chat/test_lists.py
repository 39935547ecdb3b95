"""The private lists of /status and /history."""

from dataclasses import replace
from typing import Any

import pytest

from bot.chat import cards, lists
from bot.chat.cards import Block, Layout
from bot.chat.cards._layout import COMPONENTS_MAX, TEXT_MAX, count_characters, count_components, fitted
from bot.chat.custom_ids import Action, PageId, PageKind
from bot.chat.escape import discord_length
from bot.chat.views import HistoryPage, JobView, StatusPage
from bot.chat.words import ENGLISH as ENGLISH_TAG
from bot.chat.words import Reader, Readers, read_languages
from bot.jobs.allowances import Allowance, LimitKind
from bot.jobs.model import Cause, Job, JobId, UserId
from bot.jobs.states import State
from bot.jobs.store.finding import Suggestion
from sandbox.made_up_language import made_up
from tests.readers import ENGLISH
from tests.unit.bot.chat.markup_judge import read

LINK = "https://discord.com/channels/8/7/6"
QPS = Readers({**read_languages(), "qps": made_up(read_languages()[ENGLISH_TAG])}).of("qps")
LEFT = tuple(Allowance(kind, 10_000, 0, 99_999.0) for kind in LimitKind if kind is not LimitKind.ACTIVE)


def layout_of(message: cards.Message) -> Layout:
    assert message.layout is not None
    return message.layout


def texts(message: cards.Message) -> list[str]:
    return [block.text for block in layout_of(message).blocks]


def status(*views: JobView, number: int = 1, more: bool = False, **shown: Any) -> cards.Message:
    return lists.running_and_latest(StatusPage(views, number, more, **shown), ENGLISH)


def history(*views: JobView, page: PageId | None = None, more: bool = False) -> cards.Message:
    return lists.history(HistoryPage(page or PageId(PageKind.HISTORY), views, more), ENGLISH)


def actions(block: Block) -> list[Action]:
    return [button.id.action for button in block.buttons]


def test_someone_without_videos_learns_how_to_get_one() -> None:
    """The empty lists say what to do; an empty later page is the end."""
    assert texts(status()) == ["No videos yet. Make one with `/video`!"]
    assert texts(history()) == ["No videos yet. Make one with `/video`!"]
    assert texts(status(number=2)) == ["No older videos."]


def test_the_list_shows_state_progress_age_and_the_way_to_each(job: Job) -> None:
    """Each job has its entry, with a jump link where there is a message, and what is left of each limit below."""
    rendering = replace(job, state=State.RENDERING, progress=50)
    delivered = replace(job, id=JobId("AAAAAAAA"), state=State.DELIVERED, ended_at=1_050.0)
    left = (Allowance(LimitKind.ACTIVE, 3, 2), Allowance(LimitKind.DAILY, 25, 0, 90_000.0))
    message = status(JobView(rendering, 1_060.0), JobView(delivered, 1_060.0, link=LINK), allowances=left)
    assert texts(message) == [
        "**Your videos**",
        "**Rendering** · <t:1000:R> · `K3M9Q2XA`\n`a red fox`\n▰▰▰▰▰▰▱▱▱▱▱▱ 50 %",
        f"**Done** · <t:1000:R> · `AAAAAAAA`\n`a red fox`\n[Jump to video]({LINK})",
        "**You have left**\n2 of 3 at once\n0 of 25 in 24 hours, the next <t:90000:R>",
    ]
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
        ({"state": State.FAILED, "cause": Cause.PROVIDER}, [Action.RETRY, Action.EDIT_RETRY]),
    ],
)
def test_each_job_offers_what_can_be_done_about_it(
    job: Job, changes: dict[str, object], expected: list[Action]
) -> None:
    """Cancel, *Don't post*, **Post it** or Retry where they apply, and Details for each."""
    changed = replace(job, **changes)
    _title, entry = layout_of(status(JobView(changed, 1.0))).blocks
    assert actions(entry) == [*expected, Action.DETAILS]
    assert {button.id.target for button in entry.buttons} == {"K3M9Q2XA"}


def test_pages_lead_back_and_on(job: Job) -> None:
    """Refresh shows the same page, Newer and Older the next ones, as far as there are any."""
    view = JobView(job, 1.0)

    def ids(message: cards.Message) -> list[str]:
        return [str(button.id) for button in layout_of(message).buttons]

    assert ids(status(view)) == ["vp:status:1:0:"]
    assert ids(status(view, number=2, more=True)) == ["vp:status:2:0:", "vp:status:1:0:", "vp:status:3:0:"]
    assert ids(history(view)) == []
    page = PageId(PageKind.HISTORY, 3, UserId(42), "лиса")
    assert ids(history(view, page=page, more=True)) == ["vp:history:2:42:лиса", "vp:history:4:42:лиса"]


def test_the_history_shows_settings_and_the_first_frame(job: Job) -> None:
    """A video's entry has its prompt, settings, picture and link; a member's list and a search say so."""
    done = replace(job, state=State.DELIVERED, ended_at=1_050.0)
    page = PageId(PageKind.HISTORY, 1, UserId(42), "fox")
    message = history(JobView(done, 1_060.0, link=LINK, first_frame=b"jpeg"), page=page)
    head, entry = layout_of(message).blocks
    assert head.text == "**Videos of <@42> in this server**\nWith `fox` in the prompt:"
    assert entry.text == (
        "**Done** · <t:1000:R> · `K3M9Q2XA`\n`a red fox`\n`gpt-4o-video` · `1280x720` · 8 s · 1 picture\n"
        f"[Jump to video]({LINK})"
    )
    assert entry.picture == cards.Picture("frame-K3M9Q2XA.jpg", b"jpeg", "a red fox")
    assert actions(entry) == [Action.DETAILS]
    assert texts(history(page=page)) == [
        "**Videos of <@42> in this server**\nNo video has `fox` in its prompt. Try other words with `/history`."
    ]


def test_a_veiled_entry_shows_no_prompt_and_has_no_button(job: Job) -> None:
    """Who, when, model, cost and end."""
    view = JobView(replace(job, state=State.DELIVERED, ended_at=1_050.0), 1.0, veiled=True, first_frame=b"jpeg")
    _head, entry = layout_of(history(view, page=PageId(PageKind.HISTORY, 1, UserId(42)))).blocks
    assert "fox" not in entry.text
    assert (entry.buttons, entry.picture) == ((), None)


@pytest.mark.slow
@pytest.mark.parametrize("reader", [ENGLISH, QPS], ids=["English", "the longest language"])
@pytest.mark.parametrize("state", list(State))
def test_nothing_of_the_largest_page_is_left_out(job: Job, reader: Reader, state: State) -> None:
    """Five entries with long prompts, links, pictures and all their buttons are within Discord's bounds as they are."""
    request = replace(job.request, prompt="🦊`" * 500, model="m" * 128, size="9" * 16, seconds="9" * 16)
    for cause in (None, *Cause):
        for withheld in (False, True):
            one = replace(job, state=state, cause=cause, waiting_for=cause, withheld=withheld, request=request)
            one = replace(one, late_at=1.0, progress=50, cost_micros=10**12, ended_at=1.0)
            view = JobView(one, 2.0, 12_345, LINK + "9" * 60, LINK, first_frame=b"jpeg")
            shown = StatusPage((view,) * 5, 9_998, True, (Allowance(LimitKind.ACTIVE, 99, 9), *LEFT), 99_999.0)
            page = PageId(PageKind.HISTORY, 9_998, UserId(9 * 10**18 - 1), "🦊" * 30)
            for message in (
                lists.running_and_latest(shown, reader),
                lists.history(HistoryPage(page, (view,) * 5, True), reader),
                lists.history(HistoryPage(page, (replace(view, veiled=True),) * 5, True), reader),
            ):
                layout = layout_of(message)
                assert fitted(layout) == layout
                assert count_components(layout) <= COMPONENTS_MAX
                assert count_characters(layout) <= TEXT_MAX
                assert all(len(str(button.id)) <= 100 for button in layout.buttons)


def test_why_shows_what_the_notice_does_not(job: Job) -> None:
    """Cause, next step, prompt and settings; a long prompt is attached."""
    refused = replace(job, state=State.REFUSED, cause=Cause.CONTENT, about="prompt", submitted_at=1.0, ended_at=2.0)
    message = lists.why(refused, ENGLISH)
    assert "was blocked by the provider's content rules" in message.content
    assert message.embed is not None
    assert "`a red fox`" in (message.embed.description or "")
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
    """A private list shows a prompt, and what was searched for, as safely as a channel does."""
    evil = "`@everyone <@1> [x](https://evil.test)"
    view = JobView(replace(job, request=replace(job.request, prompt=evil)), 1.0)
    page = PageId(PageKind.HISTORY, search=evil)
    for text in (*texts(status(view)), *texts(history(view, page=page)), *texts(history(page=page))):
        assert {kind for kind, _ in read(text)} <= {"code", "style", "timestamp"}
