"""Private responses to a request that wasn't accepted."""

from bot.chat.cards._lines import draft_button, lines
from bot.chat.cards._message import Message
from bot.chat.custom_ids import Action
from bot.chat.escape import PROMPT_SHOWN_CHARACTERS, discord_length, quote
from bot.chat.words import Reader

_CONTENT_MAX = 2000
_PROMPT_MAX = 1500
_PROMPT_MIN = 100


def private_no(
    sentence: str, prompt: str, draft_id: str | None, reader: Reader, *, may_publish: bool = False
) -> Message:
    """The refusal, the prompt as it was typed, and **Edit**, whose form holds all of it.

    With `may_publish`, **Make it public** opens the same form for a request that isn't private.
    Without a draft there is no button, and a prompt that is too long to be shown is attached.
    """
    if not prompt:
        shown = None
    else:
        # A line break and two back-ticks.
        most = _PROMPT_MAX if draft_id is None else PROMPT_SHOWN_CHARACTERS
        room = min(most, _CONTENT_MAX - discord_length(sentence) - 3)
        shown = quote(prompt, room) if room >= _PROMPT_MIN else None
    actions = (Action.EDIT, Action.MAKE_PUBLIC) if may_publish else (Action.EDIT,)
    whole = shown is not None and discord_length(quote(prompt, _PROMPT_MAX + 4)) == discord_length(shown)
    return Message(
        content=lines(sentence, shown),
        buttons=() if draft_id is None else tuple(draft_button(draft_id, action, reader) for action in actions),
        text_file=prompt if draft_id is None and prompt and not whole else None,
    )
