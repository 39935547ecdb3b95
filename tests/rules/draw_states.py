"""Draws `docs/states.md` from the table of the state machine: `python -m tests.rules.draw_states` writes it."""

from pathlib import Path

from bot.jobs.states import ENDS, TABLE, Announcement, State

PAGE = Path(__file__).parents[2] / "docs" / "states.md"
_SAID = {
    Announcement.NOTHING: "",
    Announcement.VIDEO: "the video",
    Announcement.FAILURE: "a failure notice",
    Announcement.UNSURE: "the notice that it is uncertain",
}
_INTRODUCTION = """# The life of a job

Drawn from `TABLE` in `bot/jobs/states.py` by `make states`; a test fails when this page is older than the table. Any
other pair of state and event raises.
"""


def draw() -> str:
    """The whole page."""
    lines = [_INTRODUCTION, "```mermaid", "stateDiagram-v2", f"    [*] --> {State.ACCEPTED}"]
    lines += [f"    {state} --> {target.state}: {event}" for (state, event), target in TABLE.items()]
    lines += [f"    {state} --> [*]" for state in State if state in ENDS]
    lines += ["```", "", "| in state | event | to state | message due in the same transaction |", "|---|---|---|---|"]
    lines += [
        f"| {state} | {event} | {target.state} | {_SAID[target.announcement]} |"
        for (state, event), target in TABLE.items()
    ]
    ends = ", ".join(state for state in State if state in ENDS)
    lines += ["", f"Ends: {ends}. Only the rows above that start in one leave it.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(draw(), encoding="utf-8")
