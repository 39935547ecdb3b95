"""The message of a drill, which looks like a video's, and the report to the owner. Pure."""

from bot.chat.cards._lines import drill_button, lines
from bot.chat.cards._message import AMBER, GREEN, GREY, Embed, Message
from bot.chat.custom_ids import Action
from bot.chat.words import Key, Reader, drill_name, drill_problem, drill_works, refusal, say
from bot.jobs.drill import DrillFinding, DrillReport

_ACTIONS = (Action.REMIX, Action.AGAIN, Action.DETAILS, Action.DELETE)
_GOOD, _BAD, _SKIPPED = "✓", "✗", "–"


def drill(code: str, reader: Reader, *, edited: bool = False) -> Message:
    """The message that a drill posts, with its video attached, and with the text after the edit."""
    return Message(
        content=say(Key.DRILL_POSTED, reader),
        embed=Embed(
            description=say(Key.DRILL_EDITED if edited else Key.DRILL_UNEDITED, reader),
            footer=code,
            colour=GREY,
        ),
        buttons=tuple(drill_button(code, action, reader) for action in _ACTIONS),
        described=say(Key.DRILL_POSTED, reader),
    )


def drill_direct(reader: Reader) -> Message:
    """What a drill posts to the owner's direct messages for a moment."""
    return Message(say(Key.DRILL_DIRECT, reader))


def drill_report(report: DrillReport, reader: Reader) -> Message:
    """Each step with what came of it, what to do, and when the message goes."""
    is_good = all(finding.is_good for finding in report.findings)
    removed = None if report.removed_at is None else say(Key.DRILL_REMOVED, reader, when=report.removed_at)
    summary = say(Key.DRILL_ALL_GOOD if is_good else Key.DRILL_SOME_BAD, reader)
    steps = [_step_line(finding, reader) for finding in report.findings]
    colour = GREEN if is_good else AMBER
    return Message(embed=Embed(title=summary, description=lines(*steps, removed), colour=colour))


def _step_line(finding: DrillFinding, reader: Reader) -> str:
    name = drill_name(finding.step, reader)
    if finding.is_skipped:
        return f"{_SKIPPED} **{name}:** {say(Key.DRILL_SKIPPED, reader)}"
    if finding.refusal is not None:
        return f"{_BAD} **{name}:** {refusal(finding.refusal, reader)}"
    if finding.problem is not None:
        return f"{_BAD} **{name}:** {drill_problem(finding.problem, reader, finding.named)}"
    return f"{_GOOD} **{name}:** {drill_works(finding.step, reader, finding.named)}"
