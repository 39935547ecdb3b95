"""The short-lived messages under a reply: a button for the form, or a question. They ping nobody."""

from bot.chat.cards._lines import offer_button
from bot.chat.cards._message import Message
from bot.chat.custom_ids import Action
from bot.chat.words import Key, say
from bot.jobs.model import Offer


def offer_form(offer: Offer, locale: str, *, pictures: bool = False) -> Message:
    """The button that opens the form, for a reply whose text did not arrive, or which brought only `pictures`."""
    key = Key.OFFER_FORM_PICTURES if pictures else Key.OFFER_FORM
    return Message(content=say(key, locale), buttons=(offer_button(str(offer.id), Action.OPEN_FORM, locale),))


def offer_question(offer: Offer, prompt: str, locale: str) -> Message:
    """Whether the few words of a reply are meant as a prompt."""
    return Message(
        content=say(Key.OFFER_QUESTION, locale, prompt=prompt),
        buttons=(offer_button(str(offer.id), Action.MAKE_IT, locale),),
    )
