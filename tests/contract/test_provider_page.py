"""The calls that the provider's own page shows, made by the openai package and by curl, against the studio.

The page's Python and curl examples are followed line by line (docs/facts/provider.md), except for the key, the base
URL and the pauses, in which the studio's time passes instead of ours. A client written from that page must work here.
"""

import asyncio
import http.client
import io
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import pytest
from openai import APIError, AuthenticationError, BadRequestError, DefaultHttpxClient, NotFoundError, OpenAI
from PIL import Image

from sandbox.clock import ScaledClock
from sandbox.studio import Dials, Fault, Outcome, Studio

pytestmark = pytest.mark.filterwarnings(
    # The package marks all its video methods as deprecated since OpenAI's own service ended; the protocol lives on.
    "ignore:The Sora API is scheduled to permanently shut down:DeprecationWarning"
)

KITTEN = "A cute orange kitten chasing butterflies in a sunny garden, slow motion"
Talk = Callable[[OpenAI, Callable[[float], None]], Any]


@pytest.fixture
def clock() -> ScaledClock:
    return ScaledClock()


@pytest.fixture
async def studio(tmp_path: Path, clock: ScaledClock) -> AsyncIterator[Studio]:
    async with Studio(tmp_path / "studio", clock, dials=Dials(render_seconds=12)) as studio:
        yield studio


@pytest.fixture
def reference_image(tmp_path: Path) -> Path:
    path = tmp_path / "reference_image.jpg"
    Image.new("RGB", (64, 48), "orange").save(path)
    return path


@pytest.fixture
async def talk(studio: Studio, clock: ScaledClock) -> Callable[[Talk], Awaitable[Any]]:
    """Runs a page example, which is blocking code, in a thread; its `sleep` lets the studio's time pass."""
    loop = asyncio.get_running_loop()

    async def pass_time(seconds: float) -> None:
        clock.jump(seconds)
        await asyncio.sleep(0)

    def sleep(seconds: float) -> None:
        asyncio.run_coroutine_threadsafe(pass_time(seconds), loop).result(20)

    def example(act: Talk) -> Any:
        # No retries of the package's own: a create is never sent twice (docs/facts/provider.md).
        with DefaultHttpxClient(trust_env=False) as web:
            client = OpenAI(api_key=studio.api_key, base_url=studio.base_url, max_retries=0, http_client=web)
            return act(client, sleep)

    async def run(act: Talk) -> Any:
        return await asyncio.wait_for(asyncio.to_thread(example, act), 60)

    return run


def fetched(url: str) -> bytes:
    """What the page does with `requests.get(video.url).content`: a plain GET without the key."""
    with build_opener(ProxyHandler({})).open(url, timeout=20) as answer:
        return bytes(answer.read())


def completed(client: OpenAI, video_id: str, sleep: Callable[[float], None]) -> Any:
    """The page's loop: poll every five seconds until the video is completed."""
    for _ in range(60):
        video = client.videos.retrieve(video_id)
        if str(video.status) == "completed":
            return video
        assert str(video.status) == "processing"
        sleep(5)
    raise AssertionError("not completed after 60 polls")


async def test_create_video(studio: Studio, talk: Callable[[Talk], Awaitable[Any]]) -> None:
    """`videos.create(model, prompt)` is answered with an id and the status `processing`, and charged once."""
    response = await talk(lambda client, _: client.videos.create(model="gpt-4o-video", prompt=KITTEN))
    assert (response.id, response.status, response.model) == (studio.renders[0].id, "processing", "gpt-4o-video")
    assert studio.paid(KITTEN) == 1
    assert studio.requests[0].body_kind == "multipart"


async def test_create_with_a_reference_file(
    studio: Studio, talk: Callable[[Talk], Awaitable[Any]], reference_image: Path
) -> None:
    """The page's `files=` is no argument of `create`; given as `input_reference`, the file arrives byte for byte."""
    prompt = "Based on the reference image, generate a video of a kitten playing in a garden"

    def example(client: OpenAI, _: object) -> Any:
        with reference_image.open("rb") as ref_file:
            create: Callable[..., Any] = client.videos.create
            with pytest.raises(TypeError, match="files"):
                create(model="gpt-4o-video", prompt=prompt, files={"input_reference": ref_file})
            return create(model="gpt-4o-video", prompt=prompt, input_reference=ref_file)

    response = await talk(example)
    (render,) = studio.renders
    assert response.id == render.id
    (file,) = render.references
    assert (file.data, file.file_name) == (reference_image.read_bytes(), "reference_image.jpg")
    assert (file.field, file.content_type) == ("input_reference", "image/jpeg")


async def test_create_with_several_files(
    studio: Studio, talk: Callable[[Talk], Awaitable[Any]], reference_image: Path
) -> None:
    """The page's `file[]`: a list of files arrives in order, under the package's bracketed name."""
    data = [reference_image.read_bytes(), _png("blue")]

    def example(client: OpenAI, _: object) -> Any:
        files: Any = [("one.jpg", data[0], "image/jpeg"), ("two.png", data[1], "image/png")]
        return client.videos.create(model="gpt-4o-video", prompt=KITTEN, input_reference=files)

    await talk(example)
    assert [(file.field, file.data) for file in studio.renders[0].references] == [
        ("input_reference[]", data[0]),
        ("input_reference[]", data[1]),
    ]


async def test_remix_video(studio: Studio, talk: Callable[[Talk], Awaitable[Any]]) -> None:
    """The page's `model=` is no argument of `remix`; given as an extra it is taken, and the remix is a child."""
    prompt = "Add autumn falling leaves effect, enhance warm tones"

    def example(client: OpenAI, sleep: Callable[[float], None]) -> Any:
        base_video = client.videos.create(model="gpt-4o-video", prompt="A peaceful forest")
        completed(client, base_video.id, sleep)
        remix: Callable[..., Any] = client.videos.remix
        with pytest.raises(TypeError, match="model"):
            remix(video_id=base_video.id, model="gpt-4o-video", prompt=prompt)
        extended = remix(video_id=base_video.id, prompt=prompt, extra_body={"model": "gpt-4o-video"})
        plain = remix(video_id=base_video.id, prompt="Add morning mist effect, bird sounds, soft morning light")
        return base_video, extended, plain

    base_video, extended, plain = await talk(example)
    assert [render.parent_id for render in studio.renders] == [None, base_video.id, base_video.id]
    assert (extended.id, extended.status) == (studio.renders[1].id, "processing")
    assert plain.id == studio.renders[2].id


async def test_retrieve_in_a_loop(studio: Studio, talk: Callable[[Talk], Awaitable[Any]]) -> None:
    """Polling every five seconds shows `processing` until the render's time is over, then `completed` with a URL."""

    def example(client: OpenAI, sleep: Callable[[float], None]) -> Any:
        return completed(client, client.videos.create(model="gpt-4o-video", prompt=KITTEN).id, sleep)

    video = await talk(example)
    polls = [request for request in studio.requests if request.operation == "poll"]
    assert 3 <= len(polls) <= 5
    assert video.url.startswith(studio.files_url)
    assert (video.duration, video.size, video.prompt) == (4.0, "1280x720", KITTEN)


async def test_retrieve_until_failed(studio: Studio, talk: Callable[[Talk], Awaitable[Any]]) -> None:
    """A render that fails ends the page's loop with the status `failed`, not with an exception."""
    studio.dials.next_render.append(Outcome.fail("none"))

    def example(client: OpenAI, sleep: Callable[[float], None]) -> str:
        video_id = client.videos.create(model="gpt-4o-video", prompt=KITTEN).id
        while True:
            video = client.videos.retrieve(video_id)
            if video.status in ("completed", "failed"):
                return video.status
            sleep(5)

    assert await talk(example) == "failed"


async def test_download_video(studio: Studio, talk: Callable[[Talk], Awaitable[Any]], tmp_path: Path) -> None:
    """The URL is fetched without the key, and the file that is saved is an MP4."""

    def example(client: OpenAI, sleep: Callable[[float], None]) -> Path:
        video = completed(client, client.videos.create(model="gpt-4o-video", prompt=KITTEN).id, sleep)
        output_path = tmp_path / "generated_video.mp4"
        output_path.write_bytes(fetched(video.url))
        return output_path

    data = (await talk(example)).read_bytes()
    assert data[4:8] == b"ftyp"
    assert data == (await studio.video(studio.renders[0])).read_bytes()
    (request,) = [request for request in studio.requests if request.operation == "file"]
    assert "authorization" not in request.headers


async def test_download_content(studio: Studio, talk: Callable[[Talk], Awaitable[Any]]) -> None:
    """What the page leaves out and "fully compatible" promises: `download_content` gives the same bytes."""

    def example(client: OpenAI, sleep: Callable[[float], None]) -> bytes:
        video = completed(client, client.videos.create(prompt=KITTEN).id, sleep)
        return client.videos.download_content(video.id).read()

    assert await talk(example) == (await studio.video(studio.renders[0])).read_bytes()


async def test_batch_processing(studio: Studio, talk: Callable[[Talk], Awaitable[Any]]) -> None:
    """Several prompts sent one after the other are as many jobs, and each can be polled."""
    prompts = ["Scene 1: Sunrise", "Scene 2: Forest", "Scene 3: Beach"]

    def example(client: OpenAI, _: object) -> list[tuple[str, Any]]:
        video_ids = [client.videos.create(model="gpt-4o-video", prompt=prompt).id for prompt in prompts]
        return [(video_id, client.videos.retrieve(video_id).status) for video_id in video_ids]

    assert await talk(example) == [(render.id, "processing") for render in studio.renders]
    assert [render.prompt for render in studio.renders] == prompts


async def test_error_handling_and_retry(studio: Studio, talk: Callable[[Talk], Awaitable[Any]]) -> None:
    """The page's loop of three tries gets over two clean server errors, and pays once."""
    studio.faults.add("create", Fault.status(500), times=2)

    def example(client: OpenAI, sleep: Callable[[float], None]) -> tuple[str, int]:
        max_retries = 3
        retry_count = 0
        while retry_count < max_retries:
            try:
                return client.videos.create(model="gpt-4o-video", prompt="Test video generation").id, retry_count
            except APIError:
                retry_count += 1
                sleep(2**retry_count)
        raise AssertionError("max retries reached")

    assert await talk(example) == (studio.renders[0].id, 2)
    assert studio.paid("Test video generation") == 1


async def test_error_codes_differ(studio: Studio, talk: Callable[[Talk], Awaitable[Any]]) -> None:
    """The codes of the provider's page are in the error's text and in its `code`; the rest differ by class."""
    studio.faults.add("create", Fault.status(429))

    def example(client: OpenAI, _: object) -> list[APIError]:
        said: list[APIError] = []
        for prompt in ("Test video", "Something forbidden"):
            with pytest.raises(APIError) as caught:
                client.videos.create(model="gpt-4o-video", prompt=prompt)
            said.append(caught.value)
        with pytest.raises(BadRequestError, match="prompt"):
            client.videos.create(model="gpt-4o-video", prompt="")
        with pytest.raises(NotFoundError, match="sora-2"):
            client.videos.create(model="sora-2", prompt="Test video")
        with pytest.raises(NotFoundError, match="Video not found"):
            client.videos.retrieve("video_abc123")
        with pytest.raises(AuthenticationError, match="API key"):
            client.with_options(api_key="wrong").videos.create(model="gpt-4o-video", prompt="Test video")
        return said

    rate, policy = await talk(example)
    assert "rate_limit_exceeded" in str(rate)
    assert "content_policy_violation" in str(policy)
    assert [rate.code, policy.code] == ["rate_limit_exceeded", "content_policy_violation"]
    assert studio.renders == []


@dataclass(frozen=True)
class Curl:
    """One of the page's curl calls; `form` parts are (name, text) or (name, file)."""

    path: str
    data: str | None = None
    form: tuple[tuple[str, str | Path], ...] = ()


Sender = Callable[[Curl, Studio], dict[str, Any]]


def by_curl(call: Curl, studio: Studio) -> dict[str, Any]:
    """Run the real program."""
    command = ["curl", "-q", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20"]
    command += [f"{studio.base_url}{call.path}", "-H", f"Authorization: Bearer {studio.api_key}"]
    if call.data is not None:
        command += ["-H", "Content-Type: application/json", "-d", call.data]
    for name, value in call.form:
        command += ["-F", f"{name}=@{value}" if isinstance(value, Path) else f"{name}={value}"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def by_the_same_bytes(call: Curl, studio: Studio) -> dict[str, Any]:
    """Send what curl would send, without curl."""
    headers = {"Authorization": f"Bearer {studio.api_key}", "Accept": "*/*"}
    body: bytes | None = None
    if call.data is not None:
        headers["Content-Type"] = "application/json"
        body = call.data.encode()
    if call.form:
        headers["Content-Type"] = "multipart/form-data; boundary=------------------------d74496d66958873e"
        body = b"".join(_parts(call.form)) + b"--------------------------d74496d66958873e--\r\n"
    address = urlsplit(studio.base_url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=20)
    try:
        connection.request("GET" if body is None else "POST", f"{address.path}{call.path}", body, headers)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return answer


def _parts(form: tuple[tuple[str, str | Path], ...]) -> Iterator[bytes]:
    for name, value in form:
        yield f'--------------------------d74496d66958873e\r\nContent-Disposition: form-data; name="{name}"'.encode()
        if isinstance(value, Path):
            yield (
                f'; filename="{value.name}"\r\nContent-Type: image/jpeg\r\n\r\n'.encode() + value.read_bytes() + b"\r\n"
            )
        else:
            yield f"\r\n\r\n{value}\r\n".encode()


# The same bytes are sent in any case; the program itself wherever it is installed.
SENDERS = [by_the_same_bytes, *([by_curl] if shutil.which("curl") else [])]


@pytest.mark.parametrize("send", SENDERS)
async def test_the_curl_calls(studio: Studio, clock: ScaledClock, reference_image: Path, send: Sender) -> None:
    """Create, create with a file, retrieve and remix work as the page's curl lines are written."""
    model, garden = "gpt-4o-video", "Based on the reference image, generate a video of a kitten playing in a garden"
    leaves = "Add autumn falling leaves effect, enhance warm tones"
    form = (("model", model), ("prompt", garden), ("input_reference", reference_image))

    async def asked(call: Curl) -> dict[str, Any]:
        return await asyncio.wait_for(asyncio.to_thread(send, call, studio), 30)

    created = await asked(Curl("/videos", json.dumps({"model": model, "prompt": KITTEN}, indent=2)))
    with_file = await asked(Curl("/videos", form=form))
    first, second = studio.renders
    for answer, render in ((created, first), (with_file, second)):
        assert (answer["id"], answer["status"], answer["url"]) == (render.id, "processing", None)
        assert answer["prompt"] == render.prompt
    (file,) = second.references
    assert (file.data, file.file_name) == (reference_image.read_bytes(), "reference_image.jpg")
    clock.jump(12)
    await studio.wait_for(lambda: first.state == second.state == "completed")
    polled = await asked(Curl(f"/videos/{first.id}"))
    assert (polled["status"], polled["size"]) == ("completed", "1280x720")
    assert (await asyncio.to_thread(fetched, polled["url"]))[4:8] == b"ftyp"
    data = json.dumps({"model": model, "prompt": leaves}, indent=2)
    remixed = await asked(Curl(f"/videos/{first.id}/remix", data))
    assert (remixed["id"], remixed["prompt"]) == (studio.renders[2].id, leaves)
    assert studio.renders[2].parent_id == first.id
    assert [request.status for request in studio.requests] == [200] * 5


def _png(colour: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(data, "PNG")
    return data.getvalue()
