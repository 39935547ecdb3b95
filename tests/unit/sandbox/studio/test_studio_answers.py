"""What the studio answers about its renders, by default as on the provider's page and with each dial turned."""

import base64
from typing import Any

import pytest

from sandbox.clock import ScaledClock
from sandbox.studio import Outcome, Studio
from sandbox.studio.dials import ErrorShape, ProgressForm
from tests.unit.sandbox.studio.client import Client


async def test_a_new_job_looks_as_on_the_page(client: Client, studio: Studio) -> None:
    """The answer to a create has exactly the members of the page's example, in its order."""
    answer = await client.create(prompt="A cute cat playing in a garden")
    (render,) = studio.renders
    assert list(answer.body.items()) == [
        ("id", render.id),
        ("object", "video"),
        ("created", int(render.taken_at)),
        ("status", "processing"),
        ("model", "gpt-4o-video"),
        ("prompt", "A cute cat playing in a garden"),
        ("url", None),
    ]


async def test_a_completed_job_looks_as_on_the_page(client: Client) -> None:
    """A completed job has the page's members: a URL, a numeric duration, a size; no progress and no error."""
    render = await client.completed(prompt="A cat", seconds="5.2", size="640x360")
    body = (await client.poll(render)).body
    assert list(body) == ["id", "object", "created", "status", "model", "prompt", "url", "duration", "size"]
    assert (body["status"], body["duration"], body["size"]) == ("completed", 5.2, "640x360")
    assert body["url"].startswith("http://127.0.0.1:")


async def test_a_render_takes_its_time(client: Client, studio: Studio, clock: ScaledClock) -> None:
    """A job is processing until its seconds have passed on the clock, then completed."""
    await client.create(prompt="A cat")
    (render,) = studio.renders
    clock.jump(90)
    assert (await client.poll(render)).body["status"] == "processing"
    clock.jump(10)
    await studio.wait_for(lambda: render.state == "completed")
    assert (await client.poll(render)).body["status"] == "completed"


@pytest.mark.parametrize(
    ("shape", "error"),
    [
        ("object", {"code": "moderation_blocked", "message": "No."}),
        ("object_without_code", {"message": "No."}),
        ("string", "No."),
        ("none", None),
    ],
)
async def test_a_failure_comes_in_every_shape(client: Client, studio: Studio, shape: ErrorShape, error: Any) -> None:
    """A scripted render fails with HTTP 200, status failed and the error in the wanted shape; the next one is well."""
    studio.dials.next_render.append(Outcome.fail(shape, message="No."))
    failed = await client.completed(prompt="A cat")
    body = (await client.poll(failed)).body
    assert (body["status"], body["url"], body.get("error")) == ("failed", None, error)
    assert ("error" in body) == (error is not None)
    assert failed.error == error
    assert (await client.completed(prompt="A dog")).state == "completed"


async def test_a_doomed_prompt_fails_in_the_render(client: Client, studio: Studio) -> None:
    """The failing word is accepted, charged, and fails later."""
    render = await client.completed(prompt="A doomed ship")
    assert render.state == "failed"
    assert studio.paid("A doomed ship") == 1


async def test_a_hanging_render_never_ends(client: Client, studio: Studio, clock: ScaledClock) -> None:
    """A hanging render is still processing after a day."""
    studio.dials.next_render.append(Outcome.hang())
    await client.create(prompt="A cat")
    clock.jump(86_400)
    assert (await client.poll(studio.renders[0])).body["status"] == "processing"


async def test_one_render_can_be_quick(client: Client, studio: Studio) -> None:
    """The seconds of a single render can be set."""
    studio.dials.next_render.append(Outcome.ok(render_seconds=0))
    await client.create(prompt="A cat")
    await studio.wait_for(lambda: studio.renders[0].state == "completed")


@pytest.mark.parametrize(("form", "half", "whole"), [("percent", 50, 100), ("text", "50%", "100%")])
async def test_progress_can_be_reported(
    client: Client, studio: Studio, clock: ScaledClock, form: ProgressForm, half: object, whole: object
) -> None:
    """Progress comes as a number or as text, and is 100 only when the video is there."""
    studio.dials.progress = form
    await client.create(prompt="A cat")
    (render,) = studio.renders
    clock.jump(50)
    assert (await client.poll(render)).body["progress"] == half
    clock.jump(50)
    await studio.wait_for(lambda: render.state == "completed")
    assert (await client.poll(render)).body["progress"] == whole


async def test_words_and_times_can_differ(client: Client, studio: Studio) -> None:
    """The status words can be a relative's, and the time can have another name or be in milliseconds."""
    studio.dials.statuses = {"processing": "NOT_START", "completed": "succeeded", "failed": "nsfw"}
    studio.dials.timestamps = "created_at"
    body = (await client.create(prompt="A cat")).body
    (render,) = studio.renders
    assert (body["status"], body["created_at"]) == ("NOT_START", int(render.taken_at))
    studio.dials.timestamps = "milliseconds"
    assert (await client.poll(render)).body["created"] == int(render.taken_at * 1000)
    await client.ready(render.id)
    assert (await client.poll(render)).body["status"] == "succeeded"


async def test_the_result_can_be_in_five_places(client: Client, studio: Studio) -> None:
    """Wherever the result is said to be, the same video is there."""
    render = await client.completed(prompt="A cat", size="320x180")
    bodies: list[bytes] = []
    for place in ("foreign_url", "same_origin_url", "relative_url", "content_only", "data_url"):
        studio.dials.result = place
        url = (await client.poll(render)).body["url"]
        if place == "data_url":
            head, _, data = url.partition(",")
            assert head == "data:video/mp4;base64"
            bodies.append(base64.b64decode(data))
        elif place == "foreign_url":
            assert url.startswith(studio.files_url)
            bodies.append((await client.send("GET", url, key=None)).body)
        elif place == "content_only":
            assert url is None
            bodies.append((await client.send("GET", f"/videos/{render.id}/content")).body)
        else:
            url = url if place == "same_origin_url" else studio.base_url.removesuffix("/v1") + url
            assert (await client.send("GET", url, key=None)).status == 401
            bodies.append((await client.send("GET", url)).body)
    assert bodies[0][4:8] == b"ftyp"
    assert set(bodies) == {bodies[0]}


async def test_content_says_when_it_is_not_ready(client: Client, studio: Studio) -> None:
    """The content endpoint refuses unfinished videos and other variants, and can be missing altogether."""
    first = (await client.create(prompt="A cat", size="320x180")).body["id"]
    early = await client.send("GET", f"/videos/{first}/content")
    assert (early.status, early.error_code) == (400, "video_not_ready")
    await client.ready(first)
    assert (await client.send("GET", f"/videos/{first}/content?variant=thumbnail")).status == 400
    studio.dials.content_endpoint = False
    assert (await client.send("GET", f"/videos/{first}/content")).status == 404


async def test_the_list_is_off_until_wanted(client: Client, studio: Studio) -> None:
    """Listing answers 404 as the page knows no list; turned on it pages, newest first."""
    ids = [(await client.create(prompt=f"Cat {number}")).body["id"] for number in range(3)]
    assert (await client.send("GET", "/videos")).status == 404
    studio.dials.list_endpoint = True
    page = (await client.send("GET", "/videos?limit=2")).body
    assert ([job["id"] for job in page["data"]], page["has_more"]) == (ids[:0:-1], True)
    assert (page["first_id"], page["last_id"]) == (ids[2], ids[1])
    rest = (await client.send("GET", f"/videos?limit=2&after={ids[1]}")).body
    assert ([job["id"] for job in rest["data"]], rest["has_more"]) == (ids[:1], False)
    oldest = (await client.send("GET", "/videos?order=asc")).body
    assert [job["id"] for job in oldest["data"]] == ids
    assert (await client.send("GET", "/videos?limit=x")).status == 400


async def test_an_unknown_video_is_404(client: Client) -> None:
    """Looking for an unknown id answers 404 in the envelope."""
    answer = await client.send("GET", "/videos/video_unknown")
    assert (answer.status, answer.error_code) == (404, "video_not_found")
