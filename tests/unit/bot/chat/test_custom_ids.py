"""Custom ids are read strictly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.custom_ids import (
    Action,
    ButtonId,
    FormId,
    FormPurpose,
    FormSource,
    MessageKind,
    PageId,
    PageKind,
    belongs_to,
    is_known,
    parse_button,
    parse_form,
    parse_page,
    searchable,
)
from bot.jobs.model import JobId, MessageId, PostKind, UserId, new_job_id

JOB = JobId("K3M9Q2XA")


def test_every_kind_of_post_has_its_kind_of_button() -> None:
    """A job's message and the buttons on it go by the same word."""
    assert {kind.value for kind in PostKind} | {"offer", "list", "draft", "sure", "drill"} == {
        kind.value for kind in MessageKind
    }


@given(st.integers(1, 9999))
def test_a_button_reads_back_as_it_was_written(number: int) -> None:
    """Writing and reading a custom id are inverse, and it fits into Discord's 100 characters."""
    for button in (
        ButtonId(MessageKind.CARD, Action.CANCEL, new_job_id(), number),
        ButtonId(MessageKind.VIDEO, Action.REMIX, new_job_id(), number),
        ButtonId(MessageKind.OFFER, Action.OPEN_FORM, "8" * 19, number),
        ButtonId(MessageKind.LIST, Action.POST_IT, new_job_id(), number),
        ButtonId(MessageKind.FAILURE, Action.EDIT_RETRY, new_job_id(), number),
        ButtonId(MessageKind.FAILURE, Action.WHY, new_job_id(), number),
        ButtonId(MessageKind.DRAFT, Action.EDIT, "f0c0882ed39d4ddd", number),
        ButtonId(MessageKind.DRILL, Action.REMIX, new_job_id(), number),
    ):
        assert parse_button(str(button)) == button
        assert len(str(button)) <= 100


def test_a_button_says_whether_it_is_about_a_job_or_an_offer() -> None:
    """An offer's button has the offer's id and no job; every other one has a job and no offer."""
    offer = ButtonId(MessageKind.OFFER, Action.MAKE_IT, "123")
    assert (offer.job_id, offer.offer_id) == (None, MessageId(123))
    card = ButtonId(MessageKind.CARD, Action.CANCEL, "00000012")
    assert (card.job_id, card.offer_id, card.draft_id) == (JobId("00000012"), None, None)
    draft = ButtonId(MessageKind.DRAFT, Action.EDIT, "a1b2")
    assert (draft.job_id, draft.offer_id, draft.draft_id) == (None, None, "a1b2")


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "vb:card:cancel:K3M9Q2XA",
        "vb:card:cancel:K3M9Q2XA:0",
        "vb:card:cancel:K3M9Q2XA:01",
        "vb:card:cancel:K3M9Q2XA:1\n",
        "vb:card:cancel:K3M9Q2XA:1:1",
        " vb:card:cancel:K3M9Q2XA:1",
        "vb:card:cancel:K3M9Q2XA:٣",
        "vb:card:cancel:k3m9q2xa:1",
        "vb:card:cancel:K3M9Q2XU:1",
        "vb:card:cancel:K3M9Q2X:1",
        "vb:card:cancel:123456789:1",
        "vb:card:delete:K3M9Q2XA:1",
        "vb:video:cancel:K3M9Q2XA:1",
        "vb:card:drop table:K3M9Q2XA:1",
        "vb:offer:make_it::1",
        "vb:offer:make_it:../..:1",
        "vb:offer:make_it:" + "9" * 19 + ":1",
        "vb:offer:make_it:a1b2:1",
        "vf:video:draft:abc",
        "vb:draft:edit::1",
        "vb:draft:edit:a-b:1",
        "vb:draft:retry:a1b2:1",
        "vb:fail:edit:a1b2:1",
        "vb:fail:why:a1b2:1",
    ],
)
def test_a_forged_button_is_not_read(forged: str) -> None:
    """Anything but an exact custom id of the bot is no button."""
    assert parse_button(forged) is None


@given(
    st.sampled_from(PageKind),
    st.integers(1, 9_999),
    st.none() | st.integers(1, 9 * 10**18 - 1).map(UserId),
    st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"]), max_size=60),
)
def test_a_page_reads_back_as_it_was_written(kind: PageKind, number: int, member: UserId | None, search: str) -> None:
    """Any search in any script, the largest number and the longest id fit into Discord's 100 characters."""
    page = PageId(kind, number, member, search)
    assert parse_page(str(page)) == page
    assert len(str(page)) <= 100
    assert is_known(str(page))


@pytest.mark.parametrize(
    "forged",
    ["vp:status:0:0:", "vp:status:1:0", "vp:status:10000:0:", "vp:secrets:1:0:", "vp:history:1:-1:", "vp:history:1:x:",
     "vp:history:1:0:" + "x" * 61, "vp:history:1:0:a\nb", f"vp:history:1:{2**63 * 9}:"],
)  # fmt: skip
def test_a_forged_page_is_not_read(forged: str) -> None:
    """Anything but an exact custom id of a page is no page, and is answered as an unknown one."""
    assert parse_page(forged) is None
    assert not is_known(forged)


@given(st.text())
def test_any_search_fits_into_the_id_of_its_page(typed: str) -> None:
    """Any typed text gives an id that reads back, and is not cut by Discord."""
    search = searchable(typed)
    page = PageId(PageKind.HISTORY, 9_999, UserId(9 * 10**18 - 1), search)
    assert parse_page(str(page)) == page
    assert len(str(page).encode("utf-16-le", "surrogatepass")) // 2 <= 100
    assert search == search.strip()


def test_a_form_reads_back_as_it_was_written() -> None:
    """Drafts and jobs are distinguished, and forged forms are not read."""
    for form in (
        FormId(FormPurpose.VIDEO, FormSource.DRAFT, "a1b2c3d4e5f60718"),
        FormId(FormPurpose.REMIX, FormSource.DRAFT, "K3M9Q2XA"),
        FormId(FormPurpose.REMIX, FormSource.JOB, JOB),
    ):
        assert parse_form(str(form)) == form
    for forged in (
        "vf:remix:job:abc",
        "vf:video:draft:",
        "vf:video:draft:a b",
        "vf:edit:draft:a",
        "vf:remix:job:K3M9Q2XA\n",
    ):
        assert parse_form(forged) is None


def test_a_message_is_recognised_by_job_kind_and_number() -> None:
    """Reconciling takes no other message of the job, and no button of a list, for the one it looks for."""
    mine = str(ButtonId(MessageKind.VIDEO, Action.AGAIN, JOB, 2))
    assert belongs_to(mine, JOB, PostKind.VIDEO, 2)
    assert not belongs_to(mine, JOB, PostKind.VIDEO, 1)
    assert not belongs_to(mine, JOB, PostKind.CARD, 2)
    assert not belongs_to(mine, JobId("K3M9Q2XB"), PostKind.VIDEO, 2)
    assert not belongs_to(str(ButtonId(MessageKind.LIST, Action.CANCEL, JOB)), JOB, PostKind.CARD, 1)
    assert not belongs_to("anything", JOB, PostKind.CARD, 1)
