"""`docs/states.md` says what the table says."""

from tests.rules.draw_states import PAGE, draw


def test_the_page_is_drawn_from_the_table() -> None:
    """The documentation of the states is never older than the code."""
    assert PAGE.read_text(encoding="utf-8") == draw(), "docs/states.md is stale: run `make states`."
