"""One use of the bot by a person, and the bot's private response, as that person sees it."""

from sandbox.chat.forms import Form, form_of
from sandbox.chat.hub import Hub
from sandbox.chat.interactions import DEFER_UPDATE, SHOW_FORM
from sandbox.chat.model import Interaction, Message
from sandbox.chat.records import Attachment, Button, Json, Version, buttons_of


class Answer:
    """The bot's response to one use; it reflects later changes.

    `state` is "thinking" (not acknowledged yet, or deferred), "message", "form", "deleted", "quiet" (acknowledged
    without a message) or "failed" (no acknowledgement, or nothing after 'is thinking…', in time).
    """

    def __init__(self, interaction: Interaction) -> None:
        self.interaction = interaction

    @property
    def message(self) -> Message | None:
        """The response's message: the original one, or the newest follow-up where the original is empty or gone."""
        one = self.interaction
        shown = None if one.response_type == DEFER_UPDATE else one.original
        followups = [message for message in one.followups if not message.deleted]
        if followups and (shown is None or shown.deleted):
            return followups[-1]
        return shown

    @property
    def state(self) -> str:
        """See the class."""
        one, message = self.interaction, self.message
        if one.failed:
            return "failed"
        if one.response_type is None or (message is not None and message.loading and not message.deleted):
            return "thinking"
        if one.response_type == SHOW_FORM and message is None:
            return "form"
        if message is None:
            return "quiet"
        return "deleted" if message.deleted else "message"

    @property
    def content(self) -> str:
        """Its text; empty while there is none."""
        return self.message.content if self.message else ""

    @property
    def text(self) -> str:
        """All its text, embeds included."""
        return self.message.text if self.message else ""

    @property
    def embeds(self) -> list[Json]:
        """Its embeds."""
        return self.message.embeds if self.message else []

    @property
    def components(self) -> list[Json]:
        """Its components."""
        return self.message.components if self.message else []

    @property
    def buttons(self) -> list[Button]:
        """Its buttons, in the order in which they are shown."""
        return buttons_of(self.components)

    @property
    def attachments(self) -> list[Attachment]:
        """Its files."""
        return self.message.attachments if self.message else []

    @property
    def ephemeral(self) -> bool:
        """Whether only this person sees it."""
        return self.message is not None and self.message.ephemeral

    @property
    def followups(self) -> list[Message]:
        """The messages after the first response."""
        return self.interaction.followups

    @property
    def history(self) -> list[Version]:
        """All its messages, oldest first ('is thinking…' is left out)."""
        return [] if self.message is None else [one for one in self.message.history if one.content or one.embeds]

    def __repr__(self) -> str:
        return f"<Answer {self.state}: {self.text!r}>"


class Call:
    """One use of a command, button or form, from the person's side."""

    def __init__(self, hub: Hub, interaction: Interaction) -> None:
        self._hub = hub
        self.interaction = interaction
        self.answer = Answer(interaction)

    async def wait_answer(self, timeout_seconds: float = 20) -> Answer:
        """The response, as soon as it is no longer thinking (it may have failed or be deleted)."""
        await self._hub.wait_for(
            lambda: self.answer.state != "thinking", timeout_seconds, f"an answer to {self.interaction.command_name}"
        )
        return self.answer

    async def wait_state(self, *states: str, timeout_seconds: float = 20) -> Answer:
        """The response, as soon as its state is one of these."""
        await self._hub.wait_for(
            lambda: self.answer.state in states, timeout_seconds, f"an answer that is {' or '.join(states)}"
        )
        return self.answer

    async def wait_form(self, timeout_seconds: float = 20) -> Form:
        """The form that the bot opens."""
        return await self._hub.wait_for(lambda: form_of(self.interaction), timeout_seconds, "a form")

    def __repr__(self) -> str:
        return f"<Call {self.interaction.command_name or self.interaction.data.get('custom_id')} {self.answer!r}>"
