"""The messages in a channel about a job."""

from dataclasses import replace
from typing import Any, Literal

import discord
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.chat import cards, lists
from bot.chat.cards import Button, Embed, Message
from bot.chat.custom_ids import Action, ButtonId, MessageKind, belongs_to
from bot.chat.escape import discord_length
from bot.chat.views import DeliveryNote, JobView
from bot.chat.words import Readers, charge
from bot.jobs.drafts import Offer, OfferKind
from bot.jobs.model import Cause, Charged, Job, JobId, MessageId, PostKind, Reference, VideoRequest
from bot.jobs.rungs import Rung, Why
from bot.jobs.states import ENDS, State
from tests.readers import ENGLISH, READERS
from tests.unit.bot.chat.markup_judge import read

TOO_LARGE = DeliveryNote(Rung.LINK, Why.SIZE, limit_bytes=10_485_760)


def view(job: Job, **beside: Any) -> JobView:
    """The job, a second after it was accepted."""
    return JobView(job, 1_001.0, **beside)


OFFER = Offer(MessageId(123), 42, JobId("K3M9Q2XA"), None, "draft", OfferKind.ASK, 1_060.0)  # type: ignore[arg-type]


def everything(job: Job) -> list[Message]:
    """One of each message that can be said about a job."""
    linked = cards.video_link(view(job), ENGLISH, 1, "https://files.test/v.mp4?sig=a", TOO_LARGE)
    messages = [cards.card(view(replace(job, state=state, progress=40)), ENGLISH) for state in State]
    messages += [cards.video(view(job), ENGLISH), linked]
    messages += [cards.failure(replace(job, state=State.FAILED, cause=cause), ENGLISH) for cause in Cause]
    messages += [cards.failure(replace(job, state=State.UNDELIVERABLE, cause=Cause.PERMISSION), ENGLISH)]
    messages += [cards.late(job, ENGLISH), cards.slow(job, ENGLISH)]
    messages += [cards.unsure(replace(job, state=State.UNCERTAIN, answered_at=at), ENGLISH) for at in (None, 1.0)]
    messages += [cards.private_no("No room.", job.request.prompt, "a1b2", ENGLISH)]
    return [*messages, cards.offer_form(OFFER, ENGLISH), cards.offer_question(OFFER, job.request, ENGLISH)]


def text_of(message: Message) -> str:
    embed = message.embed
    return "\n".join(
        [message.content, *([embed.title or "", embed.description or "", embed.footer or ""] if embed else [])]
    )


def actions_of(message: Message) -> list[Action]:
    return [button.id.action for button in message.buttons]


def test_a_card_shows_who_requested_what_and_its_state(job: Job) -> None:
    """The card of a waiting job has every fact, the place in the queue, and Cancel; it pings no one."""
    message = cards.card(view(job, queue_position=3), ENGLISH)
    assert message.content == ""
    assert message.ping is None
    assert message.embed is not None
    assert message.embed.title == "Waiting in the queue"
    assert message.embed.description == (
        "`a red fox`\n`gpt-4o-video` · `1280x720` · 8 s · 1 picture\nRequested by <@42> <t:1000:R>\n#3 in the queue"
    )
    assert message.embed.footer == "K3M9Q2XA"
    assert [(str(button.id), button.label) for button in message.buttons] == [("vb:card:cancel:K3M9Q2XA:1", "Cancel")]


def test_a_card_estimates_the_price(job: Job) -> None:
    """Beside the settings, as the reader's region writes it; a cancelled job costs nothing."""
    priced = replace(job, price_micros=800_000, currency="EUR")
    embed = cards.card(JobView(priced, 1_001.0), ENGLISH).embed
    assert embed is not None
    assert "· 1 picture · about €0.80\n" in (embed.description or "")
    german = cards.card(JobView(priced, 1_001.0), READERS.of("en-DE")).embed
    assert german is not None
    assert "about 0,80\xa0€\n" in (german.description or "")
    cancelled = cards.card(JobView(replace(priced, state=State.CANCELLED), 1_001.0), ENGLISH).embed
    assert cancelled is not None
    assert "€" not in (cancelled.description or "")


def test_a_place_far_back_is_not_counted(job: Job) -> None:
    """The card has the number up to the 200th place, then that at least so many are ahead."""
    assert "#200 in the queue" in text_of(cards.card(view(job, queue_position=200), ENGLISH))
    far_back = "In the queue, behind at least 200 others"
    assert far_back in text_of(cards.card(view(job, queue_position=201), ENGLISH))


def test_what_was_not_chosen_is_called_default(job: Job) -> None:
    """Card and video say model, size and length also where the provider chooses them, as for a remix."""
    bare = replace(job, request=replace(job.request, model=None, size=None, seconds=None, references=()))
    settings = "default model · default size · default length"
    assert f"`a red fox`\n{settings}\nRequested by" in text_of(cards.card(view(bare), ENGLISH))
    remix = replace(bare, request=replace(bare.request, parent_id=JobId("AAAAAAAA")), state=State.POSTING)
    assert f"`a red fox`\n{settings} · took 35 sec\nRemix of" in text_of(
        cards.video(view(replace(remix, submitted_at=1_060.0, completed_at=1_095.0)), ENGLISH)
    )


@pytest.mark.parametrize(("size", "seconds"), [("size", "seconds"), ("resolution", "duration")])
def test_what_the_provider_chose_is_shown_once_it_is_reported(job: Job, size: str, seconds: str) -> None:
    """A video tells what was made; what was requested comes first."""
    bare = replace(job, request=replace(job.request, size=None, seconds=None, references=()), completed_at=1_095.0)
    made = replace(bare, reported=(("model", "another"), (size, "1280x704"), (seconds, "8")))
    assert "`gpt-4o-video` · `1280x704` · 8 s · took" in text_of(cards.video(view(made), ENGLISH))


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        ("8.0", "8 s"),
        ("4.04", "4 s"),
        ("5.2", "5.2 s"),
        ("7.96", "8 s"),
        ("0.5", "0.5 s"),
        ("0.03", "0.1 s"),
        ("62", "62 s"),
    ],
)
def test_what_the_file_has_is_shown_where_nothing_was_reported(job: Job, seconds: str, shown: str) -> None:
    """On card and video, and never for what was requested."""
    bare = replace(job, request=replace(job.request, size=None, seconds=None, references=()))
    made = (("measured_size", "720x1280"), ("measured_seconds", seconds))
    for message in (
        cards.card(view(replace(bare, reported=made)), ENGLISH),
        cards.video(view(replace(bare, reported=made)), ENGLISH),
    ):
        assert f"`gpt-4o-video` · `720x1280` · {shown}\n" in text_of(message) + "\n"
    assert "`1280x720` · 8 s" in text_of(cards.video(view(replace(job, reported=made)), ENGLISH))


def test_a_size_in_words_is_shown_until_the_pixels_are_known(job: Job) -> None:
    """A provider that reports "1080p" doesn't name the size in pixels, but the file does."""
    bare = replace(job, request=replace(job.request, size=None))
    words = replace(bare, reported=(("resolution", "1080p"),))
    assert "`1080p` · 8 s" in text_of(cards.card(view(words), ENGLISH))
    measured = replace(words, reported=(*words.reported, ("measured_size", "1920x1080")))
    assert "`1920x1080` · 8 s" in text_of(cards.card(view(measured), ENGLISH))


def test_a_remix_names_its_parent(job: Job) -> None:
    """The card of a remix leads to the video it changes, if there is a link to it."""
    remix = replace(
        job, request=replace(job.request, parent_id=JobId("AAAAAAAA"), references=(Reference("1", "png", 1),) * 2)
    )
    assert "Remix of `AAAAAAAA`" in text_of(cards.card(view(remix), ENGLISH))
    linked = cards.card(view(remix, parent_link="https://discord.com/channels/8/7/6"), ENGLISH)
    assert "Remix of [`AAAAAAAA`](https://discord.com/channels/8/7/6)" in text_of(linked)
    assert "2 pictures" in text_of(linked)
    assert cards.video(view(remix), ENGLISH).content == "<@42> Your remix is ready."


@pytest.mark.parametrize(
    ("state", "withheld", "expected"),
    [
        (State.ACCEPTED, False, [Action.CANCEL]),
        (State.SUBMITTING, False, [Action.WITHHOLD]),
        (State.RENDERING, False, [Action.WITHHOLD]),
        (State.FETCHING, False, [Action.WITHHOLD]),
        (State.POSTING, False, [Action.WITHHOLD]),
        (State.UNCERTAIN, False, [Action.WITHHOLD]),
        *((state, True, [Action.POST_IT]) for state in State if state not in ENDS and state is not State.ACCEPTED),
        (State.CANCELLED, False, []),
        (State.CANCELLED, True, [Action.POST_IT]),
        (State.STOPPED, True, []),
        (State.UNDELIVERABLE, False, []),
        (State.DELIVERED, False, []),
    ],
)
def test_the_button_of_a_card_is_what_can_be_done_now(
    job: Job, state: State, withheld: bool, expected: list[Action]
) -> None:
    """Cancel until the job is sent, *Don't post* afterwards, then **Post it**, which a kept video keeps."""
    assert actions_of(cards.card(view(replace(job, state=state, withheld=withheld)), ENGLISH)) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.ACCEPTED, Action.CANCEL),
        (State.SUBMITTING, Action.STOP),
        (State.RENDERING, Action.STOP),
        (State.UNCERTAIN, Action.STOP),
        (State.FETCHING, Action.WITHHOLD),
        (State.POSTING, Action.WITHHOLD),
    ],
)
def test_where_the_provider_stops_renders_the_button_is_stop(job: Job, state: State, expected: Action) -> None:
    """As long as there may be something to stop, and once: after its request has been sent it is *Don't post*."""
    shown = replace(job, state=state)
    assert actions_of(cards.card(view(shown, can_stop=True), ENGLISH)) == [expected]
    assert actions_of(cards.card(view(replace(shown, withheld=True), can_stop=True), ENGLISH)) == [Action.POST_IT]
    again = actions_of(cards.card(view(replace(shown, stop_sent_at=5.0), can_stop=True), ENGLISH))
    assert again == [Action.WITHHOLD if expected is Action.STOP else expected]


def test_the_notice_that_it_takes_long_can_stop_it(job: Job) -> None:
    """Stop where the provider stops renders, else *Don't post*; also if the job has ended by then."""
    rendering = replace(job, state=State.RENDERING)
    assert actions_of(cards.late(rendering, ENGLISH, can_stop=True)) == [Action.STOP]
    assert actions_of(cards.late(rendering, ENGLISH)) == [Action.WITHHOLD]
    assert actions_of(cards.late(replace(job, state=State.FETCHING), ENGLISH, can_stop=True)) == [Action.WITHHOLD]
    assert actions_of(cards.late(replace(job, state=State.LOST), ENGLISH, can_stop=True)) == [Action.WITHHOLD]


@pytest.mark.parametrize("kept", [True, False])
def test_the_card_of_a_stopped_job_tells_the_charge(job: Job, kept: bool) -> None:
    """It stays without buttons: what happened, and that it may have been charged and counts."""
    stopped = replace(job, state=State.STOPPED, withheld=True, charged=Charged.UNKNOWN, ended_at=1_000.5)
    card = cards.card(view(stopped, kept=kept), ENGLISH)
    assert actions_of(card) == []
    assert "Stopped" in text_of(card)
    assert "The provider may have charged for it. It counts towards your daily limit." in text_of(card)
    paid = cards.card(view(replace(stopped, charged=Charged.YES)), ENGLISH)
    assert "The provider charged for it." in text_of(paid)


def test_the_card_of_a_video_that_is_kept_no_longer_offers_nothing(job: Job) -> None:
    """After RETENTION_DAYS **Post it** goes, and the sentence about it."""
    card = cards.card(view(replace(job, state=State.CANCELLED, withheld=True), kept=False), ENGLISH)
    assert actions_of(card) == []
    assert "post it" not in text_of(card)


def test_progress_is_only_shown_when_the_provider_gave_it(job: Job) -> None:
    """No bar is made up: not without a figure, not while the job is not rendering."""
    rendering = replace(job, state=State.RENDERING)
    assert "▰▰▰▰▰▱▱▱▱▱▱▱ 42 %" in text_of(cards.card(view(replace(rendering, progress=42)), ENGLISH))
    assert "▰" * 12 + " 100 %" in text_of(cards.card(view(replace(rendering, progress=250)), ENGLISH))
    assert "▱" not in text_of(cards.card(view(rendering), ENGLISH))
    assert "▱" not in text_of(cards.card(view(replace(job, progress=42)), ENGLISH))


def test_a_rendering_job_says_what_is_usual_until_there_is_progress(job: Job) -> None:
    """Since when it renders, and how long most such renders take; 0 % is what many providers say all the time."""
    rendering = replace(job, state=State.RENDERING, submitted_at=990.0, usual_low_seconds=110, usual_high_seconds=150)
    for nothing in (rendering, replace(rendering, progress=0)):
        assert "\nStarted <t:990:R> · usually 1:50–2:30" in text_of(cards.card(view(nothing), ENGLISH))
    assert "usually" not in text_of(cards.card(view(replace(rendering, progress=1)), ENGLISH))
    assert "usually" not in text_of(cards.card(view(replace(rendering, usual_low_seconds=None)), ENGLISH))
    assert "usually" not in text_of(cards.card(view(replace(rendering, state=State.FETCHING)), ENGLISH))


def test_a_job_is_slower_than_usual_from_the_moment_on(job: Job) -> None:
    """Also beside a bar; not in any other state, and not while nothing is known of such renders."""
    rendering = replace(
        job, state=State.RENDERING, submitted_at=1_000.0, usual_low_seconds=110, usual_high_seconds=150, progress=99
    )

    def title(shown: Job, now: float) -> str | None:
        embed = cards.card(JobView(shown, now), ENGLISH).embed
        return embed and embed.title

    assert title(rendering, 1_149.0) == "Rendering"
    assert title(rendering, 1_150.0) == "Still rendering (slower than usual)"
    assert "I'll post it when it's done" in text_of(cards.card(JobView(rendering, 1_150.0), ENGLISH))
    assert title(replace(rendering, usual_high_seconds=None), 1_150.0) == "Rendering"
    assert title(replace(rendering, state=State.FETCHING), 1_150.0) == "Downloading…"


def test_a_withheld_job_says_that_it_will_not_be_posted(job: Job) -> None:
    """After *Don't post* the card says what happens to the video, and how to get it after all."""
    withheld = cards.card(view(replace(job, state=State.RENDERING, withheld=True)), ENGLISH)
    assert "Won't be posted" in text_of(withheld)
    assert "post it from `/status`" in text_of(withheld)


def test_a_finished_video_pings_its_requester_and_can_be_changed(job: Job) -> None:
    """The post has the prompt, the settings, how long it took, the id, and Remix, Again, Details, Delete."""
    message = cards.video(view(replace(job, state=State.POSTING, completed_at=1_095.0)), ENGLISH, 2)
    assert message.content == "<@42> Your video is ready."
    assert message.ping == 42
    assert "`a red fox`\n`gpt-4o-video` · `1280x720` · 8 s · 1 picture · took 1 min 35 s" in text_of(message)
    assert text_of(message).endswith("Reply to remix · K3M9Q2XA")
    assert [str(button.id) for button in message.buttons] == [
        "vb:video:remix:K3M9Q2XA:2",
        "vb:video:again:K3M9Q2XA:2",
        "vb:video:details:K3M9Q2XA:2",
        "vb:video:delete:K3M9Q2XA:2",
    ]


@pytest.mark.parametrize(
    ("prompt", "described"),
    [
        ("a *red* fox\nin `snow`", "a *red* fox in `snow`"),
        ("x" * 1_024, "x" * 1_024),
        ("x" * 1_025, "x" * 1_023 + "…"),
        ("\N{FOX FACE}" * 600, "\N{FOX FACE}" * 511 + "…"),
        (" \u200b", "(no text)"),
    ],
)
def test_the_attached_video_is_described_by_its_prompt(job: Job, prompt: str, described: str) -> None:
    """Plain text in one line, of at most the 1,024 characters that Discord takes; nothing describes a link."""
    prompted = view(replace(job, request=replace(job.request, prompt=prompt)))
    assert cards.video(prompted, ENGLISH).described == described
    assert discord_length(described) <= 1_024
    assert cards.video_link(prompted, ENGLISH, 1, "https://files.test/v.mp4", TOO_LARGE).described is None


@pytest.mark.parametrize(
    ("prompt", "shown", "attached"),
    [
        ("x" * 1500, 1500, False),
        ("x" * 1501, 300, True),
        ("\N{FOX FACE}" * 750, 1500, False),
        ("\N{FOX FACE}" * 751, 299, True),
        ("`" * 1501, 300, True),
        ("x \n" * 1000, 300, True),
        (" " * 4000, 9, False),
    ],
)
def test_a_long_prompt_is_attached(job: Job, prompt: str, shown: int, attached: bool) -> None:
    """Up to 1,500 characters are shown; of more only the first 300, and the whole prompt as a file."""
    long = replace(job, request=replace(job.request, prompt=prompt))
    for message in everything(long)[:-3]:
        if Action.WHY in actions_of(message):
            continue
        first_line = text_of(message).removeprefix(message.content).split("`")[1]
        assert discord_length(first_line) == shown
        assert message.text_file == (prompt if attached else None)


def test_a_long_link_leaves_room_for_the_beginning_of_the_prompt(job: Job) -> None:
    """Both fit an embed, and the prompt is attached."""
    long = replace(job, request=replace(job.request, prompt="x" * 1400))
    message = cards.video_link(view(long), ENGLISH, 1, "https://files.test/" + "a" * 3_400, TOO_LARGE)
    assert message.text_file == "x" * 1400
    assert message.embed is not None
    assert discord_length(message.embed.description or "") <= 4096


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("https://files.test/v.mp4?a=1&b=_c_", "https://files.test/v.mp4?a=1&b=_c_"),
        ("https://files.test/v.mp4.", "https://files.test/v.mp4%2E"),
        ("https://files.test/a b|c<@42>\n`x`", "https://files.test/a%20b%7Cc%3C@42%3E%0A%60x%60"),
    ],
)
def test_a_video_that_is_too_large_comes_as_a_link_with_the_reason(job: Job, link: str, shown: str) -> None:
    """Both sizes are named, and the address is one link and nothing else, with any content."""
    message = cards.video_link(view(replace(job, video_bytes=50_331_648)), ENGLISH, 1, link, TOO_LARGE)
    assert "(48 MB, limit 10 MB)" in message.content
    assert message.content.endswith("\n" + shown)
    assert read(message.content) == [("mention", "<@42>"), ("link", shown)]
    assert actions_of(message) == [Action.REMIX, Action.AGAIN, Action.DETAILS, Action.DELETE]


def test_a_thread_is_offered_where_it_can_be_opened(job: Job) -> None:
    """Between **Details** and **Delete**."""
    message = cards.video(replace(view(job), takes_thread=True), ENGLISH)
    assert actions_of(message) == [Action.REMIX, Action.AGAIN, Action.DETAILS, Action.THREAD, Action.DELETE]


def test_a_very_long_link_moves_into_the_embed(job: Job) -> None:
    """A signed address that is too long for the content is still shown whole."""
    link = "https://files.test/" + "a" * 3_000
    message = cards.video_link(view(job), ENGLISH, 1, link, TOO_LARGE)
    assert message.embed is not None
    assert (message.embed.description or "").startswith(link + "\n")
    assert len(message.content) <= 2_000


def test_a_failure_says_cause_and_next_step_and_offers_retry(job: Job) -> None:
    """The requester is pinged, reads the reason in one sentence and the next step in another, and may press Retry."""
    message = cards.failure(
        replace(job, state=State.LOST, cause=Cause.LOST, remote_id="video_1", ended_at=1.0), ENGLISH
    )
    assert message.content.startswith("<@42> The video service lost this video.")
    assert "`a red fox`" in text_of(message)
    assert message.ping == 42
    assert actions_of(message) == [Action.RETRY]


@pytest.mark.parametrize("state", [State.REFUSED, State.FAILED])
@pytest.mark.parametrize("cause", [Cause.CONTENT, Cause.INPUT])
@pytest.mark.parametrize("about", [None, "prompt", "picture"])
def test_a_refusal_for_content_or_input_says_nothing_in_public(
    job: Job, state: State, cause: Cause, about: Literal["prompt", "picture"] | None
) -> None:
    """Neither prompt, pictures nor reason: *Edit & retry* comes first, and *Why?* answers privately."""
    failed = replace(job, state=state, cause=cause, about=about, submitted_at=1.0, ended_at=2.0)
    message = cards.failure(failed, ENGLISH)
    assert message.content == "<@42> Your video wasn't made. You weren't charged. It doesn't use up your daily limit."
    assert message.embed is None
    assert message.text_file is None
    assert actions_of(message) == [Action.EDIT_RETRY, Action.WHY]
    assert [button.label for button in message.buttons] == ["Edit & retry", "Why?"]
    assert message.ping == 42


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (Cause.MODEL, [Action.EDIT_RETRY]),
        (Cause.SIZE, [Action.EDIT_RETRY, Action.RETRY]),
        (Cause.LENGTH, [Action.EDIT_RETRY, Action.RETRY]),
        (Cause.PROVIDER, [Action.RETRY, Action.EDIT_RETRY]),
        (Cause.RATE, [Action.RETRY]),
    ],
)
def test_retry_is_not_the_only_way_where_it_would_fail_again(job: Job, cause: Cause, expected: list[Action]) -> None:
    """What has to be changed is changed by *Edit & retry*; a model that isn't offered is never asked for again."""
    message = cards.failure(replace(job, state=State.REFUSED, cause=cause, submitted_at=1.0), ENGLISH)
    assert actions_of(message) == expected
    assert "`a red fox`" in text_of(message)


def test_a_private_no_gives_the_prompt_back() -> None:
    """With a draft there is *Edit*; without one a prompt that is too long to be shown is attached."""
    message = cards.private_no("No room.", "a *red* `fox`\n@everyone", "a1b2", ENGLISH)
    assert (
        message.content
        == "No room.\n`a *red* \N{MODIFIER LETTER GRAVE ACCENT}fox\N{MODIFIER LETTER GRAVE ACCENT} @everyone`"
    )
    assert [(str(button.id), button.label) for button in message.buttons] == [("vb:draft:edit:a1b2:1", "Edit")]
    assert message.text_file is None
    assert cards.private_no("No room.", "", None, ENGLISH) == Message("No room.")
    for sentence, prompt, attached in (
        ("No.", "x" * 1500, False),
        ("No.", "x" * 1501, True),
        ("N" * 1950, "xyz", True),
    ):
        message = cards.private_no(sentence, prompt, None, ENGLISH)
        assert discord_length(message.content) <= 2000
        assert message.text_file == (prompt if attached else None)


@pytest.mark.parametrize("state", [State.REFUSED, State.FAILED, State.LOST, State.UNDELIVERABLE])
@pytest.mark.parametrize("charged", Charged)
def test_a_failure_says_whether_it_was_charged_and_whether_it_counts(job: Job, state: State, charged: Charged) -> None:
    """ "You weren't charged" is said only where that is certain, and the daily limit has a sentence of its own."""
    content = cards.failure(replace(job, state=state, cause=Cause.PROVIDER, charged=charged), ENGLISH).content
    assert ("You weren't charged." in content) == (charged is Charged.NO)
    assert ("The provider may have charged for it." in content) == (charged is Charged.UNKNOWN)
    assert ("It counts towards your daily limit." in content) == (state is State.UNDELIVERABLE)
    assert ("It doesn't use up your daily limit." in content) == (state is not State.UNDELIVERABLE)


@pytest.mark.parametrize("state", [State.REFUSED, State.UNDELIVERABLE])
@pytest.mark.parametrize("cause", [Cause.PROVIDER, Cause.CONTENT])
def test_without_a_daily_limit_none_is_mentioned(job: Job, state: State, cause: Cause) -> None:
    """Only the charge is left, in the notice and in the private answers."""
    unlimited = Readers(READERS.languages, has_daily_limit=False).of("en")
    ended = replace(job, state=state, cause=cause, charged=Charged.NO)
    for content in (cards.failure(ended, unlimited).content, lists.why(ended, unlimited).content):
        assert "You weren't charged." in content
        assert "daily" not in content
    assert charge(ended, unlimited) == "You weren't charged."


def test_a_job_that_is_to_be_stopped_says_how_far_that_is(job: Job) -> None:
    """While the provider is asked, once that was in vain, and once its video is there after all."""
    withheld = replace(job, state=State.RENDERING, withheld=True)
    asking = text_of(cards.card(view(replace(withheld, stop_asked_at=1_000.0)), ENGLISH))
    assert "Asking the video service to stop it" in asking
    assert asking == text_of(cards.card(view(replace(withheld, stop_asked_at=1_000.0, stop_sent_at=1_000.0)), ENGLISH))
    in_vain = replace(withheld, stop_sent_at=1_000.0)
    for state in (State.RENDERING, State.FETCHING):
        assert "couldn't stop it" in text_of(cards.card(view(replace(in_vain, state=state)), ENGLISH))
    assert "couldn't" not in text_of(cards.card(view(replace(in_vain, state=State.CANCELLED, ended_at=1.0)), ENGLISH))


def test_while_it_is_sent_the_charge_is_unknown(job: Job) -> None:
    """The provider may have taken the job before its response is stored."""
    sending = replace(job, state=State.SUBMITTING, charged=Charged.NO)
    assert charge(sending, ENGLISH) == "The provider may have charged for it. It counts towards your daily limit."


def test_an_undeliverable_video_is_sent_again_and_never_made_again(job: Job) -> None:
    """A finished video that could not be posted has no Retry, which would pay twice, but **Post it**."""
    kept = replace(job, state=State.UNDELIVERABLE, cause=Cause.PERMISSION, video_sha256="0" * 64)
    message = cards.failure(kept, ENGLISH)
    assert "is done" in message.content
    assert "No extra cost." in message.content
    assert actions_of(message) == [Action.POST_IT]


def test_an_unsure_notice_says_exactly_that_until_it_is_answered(job: Job) -> None:
    """It can't be known, it might charge twice, and it will be posted if it turns up; an answer takes the buttons."""
    uncertain = replace(job, state=State.UNCERTAIN)
    message = cards.unsure(uncertain, ENGLISH)
    assert "I don't know if it went through" in message.content
    assert "might charge twice" in message.content
    assert "I'll post it if it shows up" in message.content
    assert actions_of(message) == [Action.REQUEST_AGAIN, Action.DISMISS]
    assert [button.label for button in message.buttons] == ["Request again", "Dismiss"]
    assert actions_of(cards.unsure(replace(uncertain, answered_at=5.0), ENGLISH)) == []
    assert actions_of(cards.unsure(replace(job, state=State.RENDERING), ENGLISH)) == []


def test_every_message_that_is_posted_can_be_found_again(job: Job) -> None:
    """Each kind carries a custom id by which a search of the channel's history finds it."""
    posted = {
        PostKind.CARD: cards.card(view(job), ENGLISH, 3),
        PostKind.VIDEO: cards.video(view(job), ENGLISH, 3),
        PostKind.FAILURE: cards.failure(replace(job, state=State.FAILED), ENGLISH, 3),
        PostKind.LATE: cards.late(job, ENGLISH, 3),
        PostKind.SLOW: cards.slow(job, ENGLISH, 3),
        PostKind.UNSURE: cards.unsure(replace(job, state=State.UNCERTAIN), ENGLISH, 3),
        PostKind.BATCH: cards.batch([view(job)], ENGLISH, 3),
    }
    assert set(posted) == set(PostKind)
    for kind, message in posted.items():
        assert any(belongs_to(str(button.id), job.id, kind, 3) for button in message.buttons)


def test_offers_ask_for_one_press_and_ping_no_person() -> None:
    """A question shows the words of the reply; the form's button carries the offer."""
    question = cards.offer_question(OFFER, VideoRequest("so `cool` @here"), ENGLISH)
    assert question.content == "Make a new video with `so ˋcoolˋ @here`?"
    remix = cards.offer_question(OFFER, VideoRequest("so cool", parent_id=JobId("K3M9Q2XA")), ENGLISH)
    assert remix.content == "Remix this video with `so cool`?"
    assert [button.label for button in remix.buttons] == ["Remix", "No thanks"]
    assert [str(button.id) for button in question.buttons] == ["vb:offer:make_it:123:1", "vb:offer:no_thanks:123:1"]
    form = cards.offer_form(OFFER, ENGLISH)
    assert [(button.id.kind, button.id.action) for button in form.buttons] == [(MessageKind.OFFER, Action.OPEN_FORM)]
    assert question.ping is form.ping is None
    assert cards.offer_form(OFFER, ENGLISH, pictures=True).content != form.content


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.text(st.characters(), max_size=4000), st.text(max_size=128), st.text(max_size=16), st.text(max_size=16))
def test_nothing_foreign_acts_or_overflows_in_any_message(
    job: Job, prompt: str, model: str, size: str, seconds: str
) -> None:
    """For any typed text Discord's limits hold, and the requester's name is the only mention."""
    evil = "<@1> @everyone [x](https://evil.test) https://evil.test <t:1:R> "
    request = replace(job.request, prompt=evil + prompt, model=evil + model, size=evil + size, seconds=evil + seconds)
    for message in everything(replace(job, request=request)):
        assert discord_length(message.content) <= 2_000
        if message.embed is not None:
            assert len(message.embed.title or "") <= 256
            assert 0 < discord_length(message.embed.description or "") <= 4_096
            assert len(message.embed.footer or "") <= 2_048
        found = read(text_of(message))
        assert {text for kind, text in found if kind in {"mention", "everyone"}} <= {"<@42>"}
        assert {text for kind, text in found if kind in {"link", "masked link"}} <= {"https://files.test/v.mp4?sig=a"}
        assert not {"emoji", "command"} & {kind for kind, _ in found}
        assert {text for kind, text in found if kind == "timestamp"} <= {"<t:1000:R>"}
        assert all(len(str(button.id)) <= 100 and len(button.label) <= 80 for button in message.buttons)


async def test_only_the_requester_may_be_pinged_on_the_wire(job: Job) -> None:
    """The allowed mentions name exactly the requester, or no one; never everyone, roles or the replied-to person."""
    for message in everything(job):
        allowed = cards.to_discord(message)["allowed_mentions"]
        expected = {"parse": [], "users": [message.ping] if message.ping else []}
        assert allowed.to_dict() == discord.AllowedMentions.none().merge(allowed).to_dict() == expected


async def test_discord_py_keeps_no_view_of_ours(job: Job) -> None:
    """A sent view counts as finished, so that the library forgets it at once; the buttons are plain ones."""
    sent = cards.to_discord(cards.video(view(job), ENGLISH))["view"]
    assert sent.is_finished()
    assert not sent.has_components_v2()
    (row,) = sent.to_components()
    assert [(one["type"], one["label"], one["custom_id"]) for one in row["components"]] == [
        (2, "Remix", "vb:video:remix:K3M9Q2XA:1"),
        (2, "Make another", "vb:video:again:K3M9Q2XA:1"),
        (2, "Details", "vb:video:details:K3M9Q2XA:1"),
        (2, "Delete", "vb:video:delete:K3M9Q2XA:1"),
    ]
    assert cards.to_discord(Message(content="bare")) | {"allowed_mentions": None} == {
        "content": "bare",
        "embed": None,
        "view": None,
        "allowed_mentions": None,
    }


async def test_an_embed_reaches_discord_as_it_was_composed(job: Job) -> None:
    """Title, description and footer are sent as they stand in the message."""
    embed = cards.Embed("T", "D", "F", 0x123456)
    sent = cards.to_discord(Message(embed=embed))["embed"].to_dict()
    assert (sent["title"], sent["description"], sent["color"], sent["footer"]) == ("T", "D", 0x123456, {"text": "F"})


async def test_what_is_too_long_is_cut() -> None:
    """A language whose words don't fit keeps no message from being posted."""
    long = "x" * 5_000
    button = Button(ButtonId(MessageKind.CARD, Action.CANCEL, "K3M9Q2XA"), long)
    made = cards.to_discord(Message(long, Embed(long, long, long), (button,)))
    embed = made["embed"]
    assert [len(text) for text in (made["content"], embed.title, embed.footer.text)] == [2000, 256, 2048]
    assert len(embed.description) == 4096
    assert [len(item.label) for item in made["view"].children] == [80]
