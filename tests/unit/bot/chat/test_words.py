"""There is a good sentence for everything."""

import string
from dataclasses import replace
from typing import Any

import pytest
from babel import Locale
from structlog.testing import capture_logs

from bot.chat import words
from bot.chat.words import Key, Label, Language, Readers, Sentence
from bot.chat.words._filling import clock_text, duration_text, size_text
from bot.jobs.model import Cause, GuildId, Job, JobId
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.states import State
from tests.readers import ENGLISH, READERS
from tests.unit.bot.chat.markup_judge import read

# What `bot.jobs.reasons` promises to name, for each reason that names something.
NAMED: dict[Reason, dict[str, object]] = {
    Reason.PROMPT_TOO_LONG: {"limit": 4000, "given": 4001},
    Reason.MODEL_UNKNOWN: {"given": "@everyone", "choices": ("one", "two")},
    Reason.SIZE_UNKNOWN: {"given": "9x9", "choices": ("1280x720",)},
    Reason.SECONDS_UNKNOWN: {"given": "9", "choices": ("4", "8", "12")},
    Reason.REFERENCES_TOO_MANY: {"limit": 4},
    Reason.OPTION_UNKNOWN: {"option": "seed"},
    Reason.OPTION_CHOICE: {"option": "style", "given": "@everyone", "choices": ("anime", "film")},
    Reason.OPTION_RANGE: {"option": "seed", "given": 101, "minimum": 0, "maximum": 100},
    Reason.OPTION_TOO_LOW: {"option": "seed", "given": -1, "minimum": 0},
    Reason.OPTION_TOO_HIGH: {"option": "seed", "given": 101, "maximum": 100},
    Reason.OPTION_TOO_LONG: {"option": "avoid", "given": 301, "limit": 300},
    Reason.OPTION_CHANGED: {"option": "seed"},
    Reason.REFERENCE_EMPTY: {"file": "`<@42>`.png"},
    Reason.REFERENCE_TOO_LARGE: {"file": "a.png", "limit_bytes": 20_971_520},
    Reason.REFERENCE_TYPE: {"file": "a.gif"},
    Reason.REFERENCE_DAMAGED: {"file": "a.png"},
    Reason.REFERENCE_DIMENSIONS: {"file": "a.png"},
    Reason.REFERENCE_BROKEN: {"number": 1},
    Reason.REFERENCE_HEAVY: {"number": 1},
    Reason.REFERENCE_VIDEO: {"file": "a.mp4"},
    Reason.PICTURE_CROPPED: {"number": 1, "size": "1280x720"},
    Reason.BATCH_TOO_SHORT: {"least": 2},
    Reason.BATCH_TOO_LONG: {"limit": 10, "given": 11},
    Reason.BATCH_SAME_LINES: {"first": 1, "second": 2},
    Reason.BATCH_NO_ROOM: {"room": 2, "given": 3},
    Reason.REFERENCES_LIMIT: {"limit_bytes": 1_073_741_824},
    Reason.REFERENCE_UNREADABLE: {"file": "a.png"},
    Reason.VIDEO_UNFINISHED: {"video": JobId("K3M9Q2XA")},
    Reason.VIDEO_REMOVED: {"video": JobId("K3M9Q2XA")},
    Reason.REMIX_UNSUPPORTED: {"video": JobId("K3M9Q2XA")},
    Reason.REMIX_NO_PICTURES: {"video": JobId("K3M9Q2XA"), "model": "Plain 1"},
    Reason.REMIX_PICTURES_FULL: {"video": JobId("K3M9Q2XA"), "limit": 3},
    Reason.REMIX_GONE: {"video": JobId("K3M9Q2XA")},
    Reason.REMIX_UNDRAWN: {"video": JobId("K3M9Q2XA")},
    Reason.MODEL_CLOSED: {"model": "one", "models": ("two",)},
    Reason.PROVIDER_UNKNOWN: {"choices": ("main", "backup")},
    Reason.PLACE_UNPOSTABLE: {"permissions": ("send_messages", "attach_files", "embed_links")},
    Reason.THREAD_DENIED: {"permissions": ("create_public_threads", "send_messages_in_threads")},
    Reason.SERVER_BUDGET: {"limit": 50, "free_at": 1_700_000_000.5},
    Reason.BOT_BUDGET: {"limit": 200, "free_at": 1_700_000_000.5},
    Reason.ACTIVE_LIMIT: {"limit": 3},
    Reason.DAILY_LIMIT: {"limit": 25, "free_at": 1_700_000_000.5},
    Reason.QUEUE_FULL: {"limit": 200},
    Reason.IMPROVEMENTS_LIMIT: {"limit": 20, "free_at": 1_700_000_000.5},
    Reason.RESTING: {"free_at": 1_700_000_000.5},
    Reason.NOT_LINKABLE: {"video": JobId("K3M9Q2XA")},
    Reason.LINK_ELSEWHERE: {"video": JobId("K3M9Q2XA")},
    Reason.REMOTE_UNKNOWN: {"given": "`<@42>`"},
    Reason.REMOTE_OLDER: {"given": "`<@42>`"},
    Reason.REMOTE_OWNED: {"given": "`<@42>`", "video": JobId("K3M9Q2XA")},
}


def test_a_refusal_names_the_models_that_can() -> None:
    """Beside the one that can't, all as code."""
    named = {**NAMED[Reason.OPTION_RANGE], "model": "<@42>", "models": ("@everyone", "Cartoon")}
    said = words.refusal(Refusal(Reason.OPTION_RANGE, named), ENGLISH)
    assert said == (
        "`seed` can be 0 to 100, not 101. That's a limit of `<@42>`. "
        "You can also choose another model: `@everyone` or `Cartoon`."
    )


def sentence_of(reason: Reason) -> str:
    sentence = READERS.languages["en"].sentences[f"refusals.{reason.name.lower()}"]
    return sentence if isinstance(sentence, str) else sentence["other"]


def gaps(sentence: str) -> set[str]:
    """What has to be named; labels of buttons and commands are there anyway."""
    ours = set(Label) | {None}
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name not in ours and name[0] != "/"}


@pytest.mark.parametrize("reason", Reason)
def test_every_refusal_fills_gaps_that_its_reason_promises(reason: Reason) -> None:
    """No sentence asks for what a reason doesn't name."""
    named = NAMED.get(reason, {})
    assert gaps(sentence_of(reason)) <= set(named)
    said = words.refusal(Refusal(reason, named), READERS.of("en-US"))
    assert "{" not in said
    assert said.count(". ") + said.endswith(".") >= 1
    assert len(said) < 500
    assert {kind for kind, _ in read(said)} <= {"code", "style", "timestamp"}


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Reason.REFERENCE_TOO_LARGE, "`a.png` is too big (max. 20 MB)."),
        (Reason.SECONDS_UNKNOWN, "Videos can be `4`, `8`, or `12` seconds long."),
        (Reason.MODEL_UNKNOWN, "Unknown model `@everyone`. Try `one` or `two`."),
        (Reason.DAILY_LIMIT, "You've reached your limit of 25 videos per 24 hours. Try again <t:1700000000:R>."),
        (Reason.REFERENCE_EMPTY, "`ˋ<@42>ˋ.png` is empty. Please attach another picture."),
    ],
)
def test_refusals_read_well(reason: Reason, expected: str) -> None:
    """Sizes, choices and moments are put for people, and foreign text in between does nothing."""
    assert words.refusal(Refusal(reason, NAMED[reason]), ENGLISH) == expected


def test_missing_permissions_go_by_the_names_that_discord_shows() -> None:
    """A person can find what is missing in the settings of the channel."""
    refusal = Refusal(Reason.PLACE_UNPOSTABLE, {"permissions": ["view_channel", "send_messages_in_threads", "use_x"]})
    assert "I need **View Channel**, **Send Messages in Threads**, and **use_x**." in words.refusal(refusal, ENGLISH)


@pytest.mark.parametrize("about", [None, "prompt", "picture"])
@pytest.mark.parametrize("cause", [None, *Cause])
@pytest.mark.parametrize("state", [State.REFUSED, State.FAILED, State.LOST, State.UNDELIVERABLE])
def test_every_end_has_one_cause_and_one_next_step(
    job: Job, state: State, cause: Cause | None, about: str | None
) -> None:
    """However a job ends without its video, there is a sentence for it and a step, and no word about money back."""
    for kept in (None, "0" * 64):
        why = words.cause(replace(job, state=state, cause=cause, about=about, video_sha256=kept), ENGLISH)
        assert why.cause.endswith(".")
        assert why.next_step.endswith(".")
        assert "refund" not in (why.cause + why.next_step).lower()
        if state is State.UNDELIVERABLE and (kept or cause is not Cause.SIZE):
            assert "**Post it**" in why.next_step
            assert "/status" in why.next_step
            assert "No extra cost." in why.next_step


def test_causes_have_sentences_of_their_own(job: Job) -> None:
    """Rules on content, a bad picture, a size, a lost video and a channel that refuses are not the same sentence."""
    ends = [
        replace(job, state=State.REFUSED, submitted_at=1.0, cause=cause, about=about)
        for cause in (Cause.CONTENT, Cause.INPUT, Cause.SIZE, Cause.CREDIT, Cause.RATE, Cause.PROVIDER)
        for about in (None, "picture")
    ]
    ends += [replace(job, state=State.LOST, remote_id=remote, cause=Cause.LOST) for remote in (None, "x")]
    ends += [replace(job, state=State.LOST, remote_id="x", cause=Cause.STOPPED)]
    ends += [replace(job, state=State.UNDELIVERABLE, cause=cause) for cause in (Cause.PERMISSION, Cause.SIZE)]
    assert len({words.cause(end, ENGLISH).cause for end in ends}) == 14


def test_a_waiting_job_says_what_it_waits_for(job: Job) -> None:
    """The queue, the grace of a reply, the provider's account and a busy provider read differently."""
    in_grace = replace(job, not_before=job.accepted_at + 5.0)
    assert words.status(job, 1_001.0, ENGLISH) == "Waiting in the queue"
    assert words.status(in_grace, 1_001.0, ENGLISH) == "Starting in a moment"
    assert words.status(in_grace, 1_006.0, ENGLISH) == "Waiting in the queue"
    without_key = replace(job, waiting_for=Cause.KEY)
    assert words.status(without_key, 1_001.0, ENGLISH) == "On hold: problem with the bot's account"
    assert words.status(replace(job, waiting_for=Cause.CREDIT), 1_001.0, ENGLISH) == "On hold: out of credit"
    assert words.status(replace(job, waiting_for=Cause.RATE), 1_001.0, ENGLISH) == "On hold: the video service is busy"


def test_every_state_has_a_name_of_its_own(job: Job) -> None:
    """No two states read the same on a card."""
    assert len({words.status(replace(job, state=state), 2_000.0, ENGLISH) for state in State}) == len(State)


def german(sentences: dict[str, Sentence]) -> Readers:
    """Everybody's languages, with a German that has these sentences alone."""
    return Readers({**READERS.languages, "de": Language("de", Locale("de"), sentences)})


def test_a_language_is_found_by_its_locale() -> None:
    """A locale has its own language or the one it is a kind of; an unknown one gets English, not an error."""
    readers = german({"labels.cancel": "Abbrechen"})
    assert words.label(Label.CANCEL, readers.of("de")) == "Abbrechen"
    for locale in ("pt-BR", "", "en-GB", "../../en"):
        assert words.label(Label.CANCEL, readers.of(locale)) == "Cancel"


def test_what_a_language_lacks_is_said_in_english() -> None:
    """Sentence by sentence, each with the numbers and lists of its own language, the labels with the sentence."""
    reader = german(
        {"refusals.model_unknown": "{given} gibt es nicht, nur {choices!o}.", "labels.remix": "Verändern"}
    ).of("de")
    model = Refusal(Reason.MODEL_UNKNOWN, {"given": "x", "choices": ("one", "two", "three")})
    assert words.refusal(model, reader) == "`x` gibt es nicht, nur `one`, `two` oder `three`."
    size = Refusal(Reason.SIZE_UNKNOWN, {"given": "x", "choices": ("one", "two", "three")})
    assert words.refusal(size, reader).endswith("`one`, `two`, or `three`.")
    assert words.refusal(size, READERS.of("en-GB")).endswith("`one`, `two` or `three`.")


def test_a_number_has_the_plural_forms_of_the_language() -> None:
    """The form is Unicode's for that number; the number is written as people write it there."""
    forms = {"by": "count", "one": "ein Bild", "other": "{count} Bilder"}
    reader = german({"sentences.pictures": forms}).of("de")
    assert [words.say(Key.PICTURES, reader, count=count) for count in (1, 2, 4100)] == [
        "ein Bild",
        "2 Bilder",
        "4.100 Bilder",
    ]
    assert words.say(Key.PICTURES, ENGLISH, count=1) == "1 picture"


def test_a_command_can_be_clicked_where_its_id_is_known() -> None:
    """In a server that has commands of its own their ids count, elsewhere those that work everywhere."""
    readers = Readers(READERS.languages)
    assert "`/owner resume`" in words.say(Key.OWNER_PAUSED, readers.of("en"))
    readers.note_commands(None, {"owner": 7})
    readers.note_commands(GuildId(3), {"owner": 8})
    assert "</owner resume:7>" in words.say(Key.OWNER_PAUSED, readers.of("en"))
    assert "</owner resume:7>" in words.say(Key.OWNER_PAUSED, readers.of("en", GuildId(4)))
    assert "</owner resume:8>" in words.say(Key.OWNER_PAUSED, readers.of("en", GuildId(3)))


@pytest.mark.parametrize(
    "sentence",
    ["dauerte {secods!d}", "dauerte {seconds!d", "{seconds!x}", "{}", "{0}", "", {"by": "x", "other": "y"}, 3, None],
)
@pytest.mark.unfilled
def test_a_sentence_that_cannot_be_filled_is_said_in_english(sentence: Any) -> None:
    """It stops nothing, and is logged as an error, once."""
    reader = german({"sentences.took": sentence}).of("de")
    with capture_logs() as logs:
        said = [words.say(Key.TOOK, reader, seconds=62) for _ in range(3)]
    assert said == [words.say(Key.TOOK, ENGLISH, seconds=62)] * 3
    assert [(line["log_level"], line["sentence"]) for line in logs] == [("error", "sentences.took")] * (
        sentence is not None
    )


@pytest.mark.unfilled
def test_what_no_language_can_fill_is_said_without_its_gaps() -> None:
    """A value that is missing or of the wrong kind leaves a sentence that is plain, but never nothing."""
    for named in ({}, {"seconds": "long"}):
        with capture_logs() as logs:
            assert words.say(Key.TOOK, ENGLISH, **named) == "took …"
        assert [line["log_level"] for line in logs] == ["error"]
    choices = Refusal(Reason.MODEL_UNKNOWN, {"given": "x", "choices": "abc"})
    assert "{" not in words.refusal(choices, ENGLISH)


def test_no_value_can_reach_into_another() -> None:
    """Foreign text with braces stays text."""
    assert words.say(Key.REMIX_OF, ENGLISH, video="{user.__class__}") == "Remix of `{user.__class__}`"


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 bytes"),
        (1023, "1,023 bytes"),
        (1536, "1.5 kB"),
        (20_971_520, "20 MB"),
        (536_870_912, "512 MB"),
        (1 << 31, "2 GB"),
    ],
)
def test_sizes_are_put_for_people(size_bytes: int, text: str) -> None:
    """Bytes come in the unit that a person would use."""
    assert size_text(size_bytes, Locale("en")) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 sec"),
        (-3, "0 sec"),
        (59.6, "1 min"),
        (95, "1 min 35 sec"),
        (3900, "1 hr 5 min"),
        (7200, "2 hr"),
        (183_600, "2 days 3 hr"),
    ],
)
def test_durations_are_put_for_people(seconds: float, text: str) -> None:
    """Durations come in their two largest units."""
    assert duration_text(seconds, Locale("en")) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (8, "0:08"), (59.6, "1:00"), (110, "1:50"), (3_599, "59:59"), (3_900, "1:05:00")]
)
def test_what_usually_passes_is_put_as_on_a_clock(seconds: float, text: str) -> None:
    """Minutes and seconds, with hours only where there are any."""
    assert clock_text(seconds) == text
