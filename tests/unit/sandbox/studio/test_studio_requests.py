"""What the studio takes and refuses, over the wire."""

import asyncio
from typing import Any

import pytest

from sandbox.studio import Studio
from tests.unit.sandbox.studio.client import Client, picture


async def test_a_json_request_is_taken_once_with_what_was_asked(client: Client, studio: Studio) -> None:
    """A good JSON create is answered 200, counted as one paid submission, and remembered as it was asked."""
    answer = await client.create(prompt="A cat", size="1080x1920", seconds="8", model="gpt-4o-video")
    assert answer.status == 200
    assert answer.body["id"].startswith("video_")
    (render,) = studio.renders
    assert (render.prompt, render.size, render.seconds, render.references) == ("A cat", "1080x1920", "8", ())
    assert studio.paid("A cat") == 1
    assert studio.paid("A dog") == 0


async def test_an_idempotency_key_is_counted_too(client: Client, studio: Studio) -> None:
    """Charges can be counted by key, and by default the key deduplicates nothing."""
    for _ in range(2):
        await client.send("POST", "/videos", json={"prompt": "A cat"}, headers={"Idempotency-Key": "key-1"})
    assert studio.paid("key-1") == 2


async def test_a_key_can_be_honoured(client: Client, studio: Studio) -> None:
    """With the dial on, a repeated key is answered with the first job and not charged again."""
    studio.dials.honour_idempotency = True
    first = await client.send("POST", "/videos", json={"prompt": "A cat"}, headers={"Idempotency-Key": "key-1"})
    again = await client.send("POST", "/videos", json={"prompt": "A cat"}, headers={"Idempotency-Key": "key-1"})
    assert again.body["id"] == first.body["id"]
    assert studio.paid("key-1") == 1


@pytest.mark.parametrize("field", ["input_reference", "input_reference[]"])
async def test_files_keep_their_bytes_names_types_and_order(client: Client, studio: Studio, field: str) -> None:
    """Repeated file parts arrive byte for byte and in order, under the bare and under the bracketed name."""
    kinds = [("one.png", "PNG", "image/png"), ("two.jpg", "JPEG", "image/jpeg"), ("three.webp", "WEBP", "image/webp")]
    files = [(field, picture(kind), name, content_type) for name, kind, content_type in kinds]
    answer = await client.upload("/videos", *files, prompt="A cat", seconds="4")
    assert answer.status == 200, answer.body
    (render,) = studio.renders
    received = [(file.field, file.data, file.file_name, file.content_type) for file in render.references]
    assert received == files


@pytest.mark.parametrize(
    ("fields", "status", "code", "param"),
    [
        ({}, 400, "missing_required_parameter", "prompt"),
        ({"prompt": "  "}, 400, "missing_required_parameter", "prompt"),
        ({"prompt": None}, 400, "invalid_type", "prompt"),
        ({"prompt": "x", "seconds": 4}, 400, "invalid_type", "seconds"),
        ({"prompt": "x", "seconds": "soon"}, 400, "invalid_value", "seconds"),
        ({"prompt": "x", "seconds": "0"}, 400, "invalid_value", "seconds"),
        ({"prompt": "x", "size": None}, 400, "invalid_type", "size"),
        ({"prompt": "x", "size": "large"}, 400, "invalid_value", "size"),
        ({"prompt": "x", "size": "1281x720"}, 400, "invalid_value", "size"),
        ({"prompt": "x", "size": "16x16"}, 400, "invalid_value", "size"),
        ({"prompt": "x", "size": "9000x9000"}, 400, "invalid_value", "size"),
        ({"prompt": "x", "model": "sora-2"}, 404, "model_not_found", "model"),
        ({"prompt": "x", "duration": "4"}, 400, "unknown_parameter", "duration"),
        ({"prompt": "x", "input_reference": "https://example.com"}, 400, "invalid_type", "input_reference"),
        ({"prompt": "Something Forbidden"}, 400, "content_policy_violation", None),
    ],
)
async def test_bad_json_is_refused_in_the_envelope(
    client: Client, studio: Studio, fields: dict[str, Any], status: int, code: str, param: str | None
) -> None:
    """A request the provider would not accept is answered with the error envelope, names the field, costs nothing."""
    answer = await client.create(**fields)
    error = answer.body["error"]
    assert (answer.status, error["code"], error["param"]) == (status, code, param)
    assert error["type"] == "invalid_request_error"
    assert studio.renders == []


async def test_integer_seconds_are_refused_in_the_known_words(client: Client) -> None:
    """The sentence is the one that real servers answer."""
    answer = await client.create(prompt="x", seconds=8)
    assert answer.body["error"]["message"] == (
        "Invalid type for 'seconds': expected one of '4', '8', or '12', but got an integer instead."
    )


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff"])
async def test_broken_json_is_refused(client: Client, studio: Studio, body: bytes) -> None:
    """A body that is not a JSON object is a 400."""
    answer = await client.send("POST", "/videos", data=body, headers={"Content-Type": "application/json"})
    assert answer.status == 400
    assert "error" in answer.body
    assert studio.renders == []


async def test_a_urlencoded_form_is_refused(client: Client, studio: Studio) -> None:
    """A form without files that a client forgot to make multipart is refused, as real servers do."""
    answer = await client.send("POST", "/videos", data={"prompt": "A cat"})
    assert (answer.status, answer.error_code) == (400, "unsupported_content_type")
    assert studio.requests[-1].body_kind == "urlencoded"


@pytest.mark.parametrize(
    ("data", "name", "content_type", "code"),
    [
        (picture("GIF"), "one.gif", "image/gif", "invalid_image_file"),
        (picture("GIF"), "one.png", "image/png", "invalid_image_file"),
        (b"no picture", "one.png", "image/png", "invalid_image_file"),
        (b"", "one.png", "image/png", "invalid_image_file"),
    ],
)
async def test_a_file_must_be_a_picture(
    client: Client, studio: Studio, data: bytes, name: str, content_type: str, code: str
) -> None:
    """Anything whose bytes aren't a PNG, JPEG or WebP is refused."""
    answer = await client.upload("/videos", ("input_reference", data, name, content_type), prompt="A cat")
    assert (answer.status, answer.error_code) == (400, code)
    assert studio.renders == []


@pytest.mark.parametrize("content_type", ["application/octet-stream", "image/gif", "image/png", "text/plain"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_picture_is_judged_by_its_bytes(client: Client, studio: Studio, kind: str, content_type: str) -> None:
    """The `openai` package for Node labels a stream `application/octet-stream`: the label says nothing."""
    answer = await client.upload("/videos", ("input_reference", picture(kind), "upload", content_type), prompt="A cat")
    assert answer.status == 200
    assert len(studio.renders[0].references) == 1


async def test_a_file_part_without_a_name_is_a_string(client: Client) -> None:
    """Real servers read a part without file name as text, and say so."""
    body = (
        b'--B\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nA cat\r\n'
        b'--B\r\nContent-Disposition: form-data; name="input_reference"\r\n\r\nPNG\r\n--B--\r\n'
    )
    answer = await client.send(
        "POST", "/videos", data=body, headers={"Content-Type": "multipart/form-data; boundary=B"}
    )
    assert (answer.status, answer.error_code) == (400, "invalid_type")
    assert "expected a file, but got a string" in answer.body["error"]["message"]


async def test_broken_multipart_is_refused(client: Client) -> None:
    """A multipart body without boundary or with a part without name is a 400, never a 500."""
    for kind, body in (
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=B", b"--B\r\n\r\nx\r\n--B--\r\n"),
    ):
        answer = await client.send("POST", "/videos", data=body, headers={"Content-Type": kind})
        assert answer.status == 400, kind


async def test_the_inpaint_rule_can_be_turned_on(client: Client, studio: Studio) -> None:
    """With the dial on, a picture of another size than the video's is refused in OpenAI's words."""
    studio.dials.match_reference_size = True
    file = ("input_reference", picture(size=(96, 64)), "one.png", "image/png")
    refused = await client.upload("/videos", file, prompt="A cat", size="128x96")
    assert refused.body["error"]["message"] == "Inpaint image must match the requested width and height"
    assert (await client.upload("/videos", file, prompt="A cat", size="96x64")).status == 200


async def test_too_large_a_request_is_refused(client: Client, studio: Studio) -> None:
    """A body over the server's limit is a 413, announced or not."""
    studio.dials.request_max_bytes = 200
    assert (await client.create(prompt="x" * 300)).status == 413

    async def unannounced() -> Any:
        for _ in range(10):
            yield b" " * 100

    json_type = {"Content-Type": "application/json"}
    assert (await client.send("POST", "/videos", data=unannounced(), headers=json_type)).status == 413
    assert studio.renders == []


@pytest.mark.parametrize("key", [None, "sk-wrong", ""])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/videos"),
        ("POST", "/videos/x/remix"),
        ("GET", "/videos/x"),
        ("GET", "/videos/x/content"),
        ("GET", "/models"),
    ],
)
async def test_without_the_key_nothing_works(
    client: Client, studio: Studio, key: str | None, method: str, path: str
) -> None:
    """Every endpoint answers a missing or wrong key with 401 and does nothing."""
    answer = await client.send(method, path, key=key, json={"prompt": "A cat"} if method == "POST" else None)
    assert (answer.status, answer.error_code) == (401, "invalid_api_key")
    assert studio.renders == []


async def test_a_remix_needs_a_completed_video(client: Client, studio: Studio) -> None:
    """Remixing an unknown id is 404, an unfinished one 400; a finished one passes on its size and length."""
    assert (await client.send("POST", "/videos/video_x/remix", json={"prompt": "More"})).status == 404
    first = await client.create(prompt="A cat", size="640x360", seconds="8")
    path = f"/videos/{first.body['id']}/remix"
    early = await client.send("POST", path, json={"prompt": "More"})
    assert (early.status, early.error_code) == (400, "video_not_ready")
    await client.ready(first.body["id"])
    assert (await client.send("POST", path, json={})).status == 400
    answer = await client.send("POST", path, json={"prompt": "More"})
    child = studio.renders[-1]
    assert answer.body["id"] == child.id
    assert (child.parent_id, child.size, child.seconds) == (first.body["id"], "640x360", "8")
    assert len(studio.renders) == 2


async def test_a_remix_takes_options_and_files(client: Client, studio: Studio) -> None:
    """A remix may bring its own size, length and pictures."""
    parent = await client.completed(prompt="A cat")
    file = ("input_reference", picture(), "hat.png", "image/png")
    answer = await client.upload(f"/videos/{parent.id}/remix", file, prompt="With a hat", size="640x360", seconds="12")
    assert answer.status == 200, answer.body
    child = studio.renders[-1]
    assert (child.size, child.seconds, child.references[0].file_name) == ("640x360", "12", "hat.png")


async def test_requests_are_written_down_as_received(client: Client, studio: Studio) -> None:
    """Each request is kept with its operation, headers, fields and status; an unknown route is marked."""
    await client.create(prompt="A cat", seconds="4")
    await client.send("PUT", "/videos/x")
    create, put = studio.requests
    assert (create.operation, create.status, create.body_kind) == ("create", 200, "json")
    assert create.fields == {"prompt": "A cat", "seconds": "4"}
    assert create.headers["authorization"] == "Bearer sk-sandbox"
    assert (put.operation, put.method, put.status) == ("unknown", "PUT", 404)


async def test_models_are_a_free_ping(client: Client, studio: Studio) -> None:
    """The list of models proves the key and costs nothing."""
    answer = await client.send("GET", "/models")
    assert [model["id"] for model in answer.body["data"]] == ["gpt-4o-video"]
    assert studio.requests[-1].operation == "ping"
    assert studio.renders == []


async def test_a_client_that_goes_away_harms_no_other(client: Client, studio: Studio) -> None:
    """A connection closed in the middle of a body leaves the studio answering others."""
    host, _, port = studio.base_url.removeprefix("http://").removesuffix("/v1").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /v1/videos HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    )
    await writer.drain()
    await studio.wait_for(lambda: studio.requests)
    writer.close()
    await writer.wait_closed()
    assert (await client.create(prompt="A cat")).status == 200
