"""Buttons as tests know them: by what their custom ids ask for, never by what is written on them."""

from collections.abc import Iterable

from bot.chat.custom_ids import BUTTON_TEMPLATE, Action, ButtonId, MessageKind, parse_page


def button_id_of(custom_id: str | None) -> ButtonId:
    """What the custom id says; fails for one that is not the bot's."""
    found = BUTTON_TEMPLATE.fullmatch(custom_id or "")
    assert found is not None, f"a button with the custom id {custom_id!r}"
    return ButtonId(MessageKind(found["kind"]), Action(found["action"]), found["target"], int(found["number"]))


def button_ids(custom_ids: Iterable[str | None]) -> list[ButtonId]:
    """What the custom ids say, without those of pages."""
    return [button_id_of(one) for one in custom_ids if parse_page(one or "") is None]


def custom_id_for(action: Action, custom_ids: Iterable[str | None], target: str = "") -> str:
    """The custom id of the one button that asks for that (of that job, in a list)."""
    ids = button_ids(custom_ids)
    found = [str(one) for one in ids if one.action is action and target in ("", one.target)]
    assert len(found) == 1, f"{len(found)} buttons for {action}; there are {[str(one) for one in ids]}"
    return found[0]
