"""Short-lived messages: a form's button or a question under a reply, and the question before a deletion. No pings."""

from bot.chat.cards._button import Button
from bot.chat.cards._lines import offer_button
from bot.chat.cards._message import Message
from bot.chat.custom_ids import Action, ButtonId, MessageKind
from bot.chat.words import Key, Label, Reader, label, say
from bot.jobs.drafts import Offer
from bot.jobs.model import JobId, MessageId, VideoRequest


def offer_form(offer: Offer, reader: Reader, *, pictures: bool = False, words: bool = False) -> Message:
    """The button that opens the form, for a reply whose text did not arrive, or which brought only `pictures`.

    With `words` the right to make requests is unknown: the press proves it.
    """
    key = Key.OFFER_FORM_PICTURES if pictures else Key.OFFER_FORM
    key = Key.OFFER_FORM_RIGHT if words else key
    return Message(content=say(key, reader), buttons=(offer_button(str(offer.id), Action.OPEN_FORM, reader),))


def ask_delete(job_id: JobId, message_id: MessageId, reader: Reader) -> Message:
    """The private question before that very message is deleted."""
    return Message(
        content=say(Key.ASK_DELETE, reader),
        buttons=(
            Button(
                ButtonId(MessageKind.SURE, Action.DELETE, job_id, message_id), label(Label.DELETE, reader), "danger"
            ),
            Button(ButtonId(MessageKind.SURE, Action.KEEP, job_id, message_id), label(Label.KEEP_IT, reader)),
        ),
    )


def offer_question(offer: Offer, request: VideoRequest, reader: Reader) -> Message:
    """The question whether a reply's text is meant as a prompt."""
    key = Key.OFFER_QUESTION_NEW if request.parent_id is None else Key.OFFER_QUESTION
    return Message(
        content=say(key, reader, prompt=request.prompt),
        buttons=tuple(offer_button(str(offer.id), one, reader) for one in (Action.MAKE_IT, Action.NO_THANKS)),
    )
