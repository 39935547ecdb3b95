"""Short ids and the keys that are made from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.drafts import Offer, OfferKind, new_draft_id
from bot.jobs.model import (
    ChannelId,
    JobId,
    MessageId,
    Place,
    Post,
    PostKind,
    PostState,
    Reference,
    UserId,
    new_job_id,
    parse_job_id,
)
from tests.unit.bot.jobs.samples import a_job

CROCKFORD = set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
NONCE_MAX_CHARACTERS = 25
LARGEST_SNOWFLAKE = 2**63 - 1


def test_short_ids_are_eight_letters_of_crockford_base32() -> None:
    """Ids are short, without look-alikes, and do not repeat."""
    made = {new_job_id() for _ in range(2_000)}
    assert len(made) == 2_000
    assert all(len(job_id) == 8 and set(job_id) <= CROCKFORD for job_id in made)
    assert set("".join(made)) == CROCKFORD


@given(st.text(alphabet="".join(sorted(CROCKFORD)), min_size=8, max_size=8), st.sampled_from(["", " ", "\n", "\t "]))
def test_a_typed_id_is_understood_in_any_case_and_with_blanks(job_id: str, blank: str) -> None:
    """Every id is found again however it is typed."""
    assert parse_job_id(blank + job_id + blank) == job_id
    assert parse_job_id(job_id.lower()) == job_id


@pytest.mark.parametrize(("typed", "meant"), [("oO0iIlL1", "00011111"), ("k3m9q2xa", "K3M9Q2XA")])
def test_look_alike_letters_are_forgiven(typed: str, meant: str) -> None:
    """O is 0; I and L are 1."""
    assert parse_job_id(typed) == meant


@pytest.mark.parametrize(
    "typed", ["", "1234567", "123456789", "1234567U", "1234-678", "video_12", "ABCDEFGß", "١٢٣٤٥٦٧٨"]
)
def test_what_cannot_be_an_id_is_none(typed: str) -> None:
    """Too short, too long, or with other characters: not an id, and no error."""
    assert parse_job_id(typed) is None


@given(st.text())
def test_any_text_is_an_id_or_none(typed: str) -> None:
    """No text a person can type makes the parser raise or return something that is not an id."""
    parsed = parse_job_id(typed)
    assert parsed is None or (len(parsed) == 8 and set(parsed) <= CROCKFORD)


@pytest.mark.parametrize("kind", PostKind)
def test_nonces_of_posts_fit(kind: PostKind) -> None:
    """Every message of a job, up to its 999th repeat, has a nonce of its own that Discord takes."""
    posts = [Post(JobId("K3M9Q2XA"), kind, number, PostState.DUE, ChannelId(7)) for number in (1, 2, 999)]
    assert all(len(post.nonce) <= NONCE_MAX_CHARACTERS for post in posts)
    assert len({post.nonce for post in posts}) == 3
    others = {Post(JobId("K3M9Q2XA"), other, 1, PostState.DUE, ChannelId(7)).nonce for other in PostKind}
    assert len(others) == len(PostKind)


def test_nonces_of_offers_fit() -> None:
    """An offer under the largest message id that Discord can give still has a whole nonce."""
    offer = Offer(
        MessageId(LARGEST_SNOWFLAKE), UserId(1), JobId("K3M9Q2XA"), Place(ChannelId(7)), "d", OfferKind.ASK, 0.0
    )
    assert len(offer.nonce) <= NONCE_MAX_CHARACTERS
    assert str(LARGEST_SNOWFLAKE) in offer.nonce


def test_names_of_files_come_from_our_own_ids() -> None:
    """A video is named after its job; a picture after its bytes."""
    job = a_job(prompt="../../etc/passwd")
    assert job.video_name == f"video-{job.id}.mp4"
    picture = Reference("a" * 64, "jpg", 3)
    assert (picture.file_name, picture.content_type) == ("a" * 64 + ".jpg", "image/jpeg")


def test_a_drafts_id_fits_a_custom_id() -> None:
    """Sixteen hexadecimal digits, different each time: custom ids and the column hold no more."""
    made = {new_draft_id() for _ in range(50)}
    assert len(made) == 50
    assert {len(draft_id) for draft_id in made} == {16}
    assert set("".join(made)) <= set("0123456789abcdef")
