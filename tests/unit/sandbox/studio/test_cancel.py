"""What a DELETE does at the studio, by its dial, in both dialects."""

import pytest

from sandbox.studio.dials import CancelForm
from sandbox.studio.state import Render
from tests.unit.sandbox.studio.client import Answer, Client


@pytest.fixture(params=["openai", "openrouter"])
async def either(request: pytest.FixtureRequest, client: Client, openrouter: Client) -> Client:
    return client if request.param == "openai" else openrouter


async def begun(either: Client) -> Render:
    answer = await either.create(model=either.studio.dials.models[0], prompt="A cat")
    assert answer.status in (200, 202), answer.body
    return either.studio.renders[-1]


async def delete(either: Client, render: Render) -> Answer:
    return await either.send("DELETE", f"/videos/{render.id}")


@pytest.mark.parametrize(
    ("form", "status", "polled", "state"),
    [
        ("none", 405, 200, "processing"),
        ("aborts", 200, 404, "cancelled"),
        ("marks", 200, 200, "cancelled"),
        ("finished_only", 400, 200, "processing"),
        ("forgets", 200, 404, "processing"),
    ],
)
async def test_a_running_render_ends_as_the_dial_says(
    either: Client, form: CancelForm, status: int, polled: int, state: str
) -> None:
    """It stays charged in every case."""
    either.studio.dials.cancel = form
    render = await begun(either)
    assert (await delete(either, render)).status == status
    answer = await either.poll(render)
    assert (answer.status, render.state) == (polled, state)
    if form == "marks":
        assert answer.body["status"] == "cancelled"
    assert either.studio.paid("A cat") == 1


async def test_a_slow_abort_is_a_409_first(either: Client) -> None:
    """It is being cancelled, and is so a while later; it never completes."""
    either.studio.dials.cancel = "aborts_slowly"
    render = await begun(either)
    answer = await delete(either, render)
    assert (answer.status, render.state) == (409, "processing")
    assert "Cancellation in progress" in answer.body["error"]["message"]
    either.studio.clock.jump(50)  # pyright: ignore[reportAttributeAccessIssue] - the fixture's clock
    await either.studio.wait_for(lambda: render.state != "processing")
    assert (await either.poll(render)).body["status"] == "cancelled"


@pytest.mark.parametrize(
    ("form", "status", "polled"),
    [("aborts", 200, 404), ("marks", 409, 200), ("finished_only", 200, 404), ("forgets", 200, 404)],
)
async def test_a_finished_render_may_be_removed(either: Client, form: CancelForm, status: int, polled: int) -> None:
    """Some servers remove it, the others refuse."""
    either.studio.dials.cancel = form
    render = await either.ready((await begun(either)).id)
    assert (await delete(either, render)).status == status
    assert ((await either.poll(render)).status, render.state) == (polled, "completed")


async def test_only_its_owner_may_cancel(either: Client) -> None:
    """The key is checked first, and an unknown id is a 404."""
    either.studio.dials.cancel = "aborts"
    render = await begun(either)
    assert (await either.send("DELETE", f"/videos/{render.id}", key="sk-other")).status == 401
    assert (await either.send("DELETE", "/videos/other")).status == 404
    assert render.state == "processing"
