"""Private responses to a request that wasn't accepted."""

from bot.chat.cards._lines import draft_button, lines
from bot.chat.cards._message import Embed, Message
from bot.chat.custom_ids import Action
from bot.chat.escape import PROMPT_SHOWN_CHARACTERS, discord_length, quote
from bot.chat.words import Key, Reader, say
from bot.jobs.drafts import Draft

_CONTENT_MAX = 2000
_PROMPT_MAX = 1500
_PROMPT_MIN = 100
# A character may count twice in Discord's programs.
IMPROVED_SHOWN_CHARACTERS = 2_400


def private_no(
    sentence: str, prompt: str, draft_id: str | None, reader: Reader, way_out: Action | None = None
) -> Message:
    """The refusal, the prompt as it was typed, and **Edit**, whose form holds all of it.

    `way_out` is a button beside it: **Make it public** or **Show all of it**.
    Without a draft there is no button, and a prompt that is too long to be shown is attached.
    """
    if not prompt:
        shown = None
    else:
        # A line break and two back-ticks.
        most = _PROMPT_MAX if draft_id is None else PROMPT_SHOWN_CHARACTERS
        room = min(most, _CONTENT_MAX - discord_length(sentence) - 3)
        shown = quote(prompt, room) if room >= _PROMPT_MIN else None
    actions = (Action.EDIT,) if way_out is None else (Action.EDIT, way_out)
    whole = shown is not None and discord_length(quote(prompt, _PROMPT_MAX + 4)) == discord_length(shown)
    return Message(
        content=lines(sentence, shown),
        buttons=() if draft_id is None else tuple(draft_button(draft_id, action, reader) for action in actions),
        text_file=prompt if draft_id is None and prompt and not whole else None,
    )


def prompt_choice(draft: Draft, reader: Reader, why_not: str | None = None) -> Message:
    """A person's prompt and its better version, or `why_not`, with **Use this**, **Use mine** and **Edit**.

    **Edit** opens the form with the version that is shown first.
    """
    mine = quote(draft.request.prompt, _PROMPT_MAX)
    if draft.improved is None:
        actions = (Action.USE_MINE, Action.EDIT)
        shown = lines(why_not, mine)
        return Message(content=shown, buttons=tuple(draft_button(draft.id, action, reader) for action in actions))
    actions = (Action.USE_IMPROVED, Action.USE_MINE, Action.EDIT_IMPROVED)
    better = quote(draft.improved, IMPROVED_SHOWN_CHARACTERS)
    texts = (say(Key.IMPROVED, reader), better, say(Key.IMPROVED_MINE, reader), mine)
    return Message(
        content=say(Key.IMPROVED_OFFER, reader),
        embed=Embed(description="\n".join(texts)),
        buttons=tuple(draft_button(draft.id, action, reader) for action in actions),
    )
