"""The studio's other dialect: what it takes, refuses and answers, over the wire."""

import base64
from typing import Any

import pytest

from sandbox.studio import Fault, ModelCard, Outcome
from tests.unit.sandbox.studio.client import Client, picture

MODEL = "vendor/clip-1"
PNG = f"data:image/png;base64,{base64.b64encode(picture()).decode()}"


def image(url: object = PNG, **more: object) -> dict[str, object]:
    return {"type": "image_url", "image_url": {"url": url}, **more}


async def test_a_create_is_answered_202_and_counted_once(openrouter: Client) -> None:
    """Id, relative polling address and state; the defaults of the model are filled in."""
    answer = await openrouter.create(model=MODEL, prompt="A cat", seed=7, generate_audio=False)
    [render] = openrouter.studio.renders
    assert answer.status == 202
    assert answer.body == {"id": render.id, "polling_url": f"/api/v1/videos/{render.id}", "status": "pending"}
    assert (render.size, render.seconds, render.asked.options) == (
        "1280x720",
        "4",
        {"seed": 7, "generate_audio": False},
    )
    assert openrouter.studio.paid("A cat") == 1


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({"size": "1920x1080"}, "1920x1080"),
        ({"resolution": "1080p", "aspect_ratio": "9:16"}, "1080x1920"),
        ({"resolution": "720p"}, "1280x720"),
        ({"aspect_ratio": "1:1"}, "720x720"),
    ],
)
async def test_a_size_is_pixels_or_a_resolution(openrouter: Client, fields: dict[str, str], size: str) -> None:
    """Both forms name the size of the video."""
    assert (await openrouter.create(model=MODEL, prompt="A cat", **fields)).status == 202
    assert openrouter.studio.renders[0].size == size


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"model": ""}, "model"),
        ({"model": "vendor/other"}, "model ID"),
        ({"duration": "4"}, "expected integer"),
        ({"duration": 4.0}, "expected integer"),
        ({"duration": True}, "expected integer"),
        ({"duration": 7}, "Supported durations: 4, 8, 12"),
        ({"size": "640x360"}, "Supported sizes"),
        ({"resolution": "4K"}, "Supported resolutions"),
        ({"aspect_ratio": "21:9"}, "Supported aspect ratios"),
        ({"seed": "7"}, "seed"),
        ({"generate_audio": "true"}, "generate_audio"),
        ({"seconds": "4"}, "Unrecognized key: 'seconds'"),
        ({"input_reference": PNG}, "Unrecognized key"),
        ({"input_references": image()}, "expected array"),
        ({"input_references": [PNG]}, "expected an object"),
        ({"input_references": [image("https://pictures.example/a.png")]}, "could not be fetched"),
        ({"input_references": [image("data:image/png;base64,AAAA")]}, "not a readable image"),
        ({"frame_images": [image()]}, "frame_type"),
        ({"frame_images": [image(frame_type="middle_frame")]}, "frame_type"),
    ],
)
async def test_what_the_model_does_not_have_is_a_400(openrouter: Client, fields: dict[str, Any], word: str) -> None:
    """The envelope has the status as its code; nothing is charged."""
    answer = await openrouter.create(**({"model": MODEL, "prompt": "A cat"} | fields))
    assert (answer.status, answer.body["error"]["code"]) == (400, 400)
    assert word in answer.body["error"]["message"]
    assert openrouter.studio.renders == []


async def test_multipart_is_refused(openrouter: Client) -> None:
    """JSON alone is taken."""
    answer = await openrouter.upload("/videos", ("input_reference", picture(), "a.png", "image/png"), prompt="A cat")
    assert (answer.status, openrouter.studio.renders) == (400, [])


async def test_pictures_are_received_byte_for_byte(openrouter: Client) -> None:
    """By their role; where both lists are given the frames win, and the references are ignored."""
    frames = [image(frame_type="first_frame"), image(frame_type="last_frame")]
    both = {"frame_images": frames, "input_references": [image()]}
    await openrouter.create(model=MODEL, prompt="A cat", input_references=[image(), image()])
    await openrouter.create(model=MODEL, prompt="A dog", **both)
    references, framed = (render.references for render in openrouter.studio.renders)
    assert [file.field for file in references] == ["input_references", "input_references"]
    assert [file.field for file in framed] == ["first_frame", "last_frame"]
    assert {file.data for file in (*references, *framed)} == {picture()}


async def test_a_render_has_its_states_cost_and_two_results(openrouter: Client) -> None:
    """Pending, in progress, then completed: signed storage without the key, and the content endpoint with it."""
    studio = openrouter.studio
    studio.dials.cards[MODEL] = ModelCard(per_second="0.25")
    await openrouter.create(model=MODEL, prompt="A cat", duration=8)
    [render] = studio.renders
    studio.clock.jump(50)  # pyright: ignore[reportAttributeAccessIssue] - the fixture's clock
    assert (await openrouter.poll(render)).body["status"] == "in_progress"
    await openrouter.ready(render.id)
    body = (await openrouter.poll(render)).body
    assert (body["status"], body["usage"]) == ("completed", {"cost": 2.0, "is_byok": False})
    [content], [stored] = body["unsigned_urls"], body["urls"]
    assert content == f"{studio.base_url}/videos/{render.id}/content?index=0"
    assert (await openrouter.send("GET", content, key=None)).status == 401
    video = (await openrouter.send("GET", content)).body
    assert (await openrouter.send("GET", stored, key=None)).body == video
    assert studio.leaks == []
    assert (await openrouter.send("GET", stored)).status == 400
    assert [leak.path for leak in studio.leaks] == [f"/videos/{render.id}.mp4"]


async def test_a_failed_render_has_a_plain_text(openrouter: Client) -> None:
    """In any form that the outcome has it; a refusal by the content rules is never taken."""
    openrouter.studio.dials.next_render += [Outcome.fail(render_seconds=0), Outcome.refuse()]
    await openrouter.create(model=MODEL, prompt="A cat")
    [render] = openrouter.studio.renders
    await openrouter.ready(render.id)
    body = (await openrouter.poll(render)).body
    assert (body["status"], type(body["error"])) == ("failed", str)
    refused = await openrouter.create(model=MODEL, prompt="A cat")
    word = await openrouter.create(model=MODEL, prompt="a forbidden cat")
    assert (refused.status, word.status, len(openrouter.studio.renders)) == (403, 403, 1)


async def test_the_catalogue_is_free_and_the_key_is_proved(openrouter: Client) -> None:
    """The catalogue lists every model with its abilities; `/key` needs the key."""
    listed = (await openrouter.send("GET", "/videos/models", key=None)).body["data"]
    assert [entry["id"] for entry in listed] == [MODEL]
    assert listed[0]["supported_durations"] == [4, 8, 12]
    assert listed[0]["pricing_skus"] == {"per-video-second": "0.05"}
    assert (await openrouter.send("GET", "/models", key=None)).status == 200
    assert (await openrouter.send("GET", "/key")).status == 200
    assert (await openrouter.send("GET", "/key", key="sk-other")).status == 401
    assert [leak.operation for leak in openrouter.studio.leaks] == ["ping"]


async def test_what_it_lacks_is_not_there(openrouter: Client) -> None:
    """No list, no remix, no DELETE, and nothing of the other dialect."""
    await openrouter.create(model=MODEL, prompt="A cat")
    [render] = openrouter.studio.renders
    remix = await openrouter.send("POST", f"/videos/{render.id}/remix", json={"prompt": "A dog"})
    listed = await openrouter.send("GET", "/videos")
    deleted = await openrouter.send("DELETE", f"/videos/{render.id}")
    assert (remix.status, listed.status, deleted.status) == (404, 404, 405)
    assert len(openrouter.studio.renders) == 1


async def test_the_same_faults_strike(openrouter: Client) -> None:
    """Scripted faults and idempotency keys work as with the other dialect."""
    openrouter.studio.dials.honour_idempotency = True
    openrouter.studio.faults.add("paid", Fault.status(500, take=True))
    for _ in range(2):
        headers = {"Idempotency-Key": "key-1"}
        fields = {"model": MODEL, "prompt": "A cat"}
        answer = await openrouter.send("POST", "/videos", json=fields, headers=headers)
    assert answer.status == 202
    assert openrouter.studio.paid("key-1") == 1
