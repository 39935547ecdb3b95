"""The foreign file host: signed links, no keys, whole files."""

from sandbox.clock import ScaledClock
from sandbox.studio import Studio
from tests.unit.sandbox.studio.client import Client


async def test_a_signed_link_wants_no_key_and_refuses_one(client: Client, studio: Studio) -> None:
    """The link alone gives the video; with an Authorization header it is refused, and the header is on record."""
    render = await client.completed(prompt="A cat", size="320x180")
    url = (await client.poll(render)).body["url"]
    answer = await client.send("GET", url, key=None)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "video/mp4")
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    refused = await client.send("GET", url)
    assert refused.status == 400
    assert b"Only one auth mechanism allowed" in refused.body
    files = [request for request in studio.requests if request.operation == "file"]
    assert ["authorization" in request.headers for request in files] == [False, True]


async def test_a_link_expires_and_a_fresh_one_works(client: Client, studio: Studio, clock: ScaledClock) -> None:
    """After its seconds a link is 403; polling the job again gives a fresh one."""
    studio.dials.file_link_seconds = 600
    render = await client.completed(prompt="A cat", size="320x180")
    url = (await client.poll(render)).body["url"]
    clock.jump(601)
    assert (await client.send("GET", url, key=None)).status == 403
    fresh = (await client.poll(render)).body["url"]
    assert (await client.send("GET", fresh, key=None)).status == 200


async def test_a_forged_link_is_refused(client: Client) -> None:
    """A changed signature, time or video makes a link worthless; none of it is an error of the server."""
    render = await client.completed(prompt="A cat", size="320x180")
    url = (await client.poll(render)).body["url"]
    bare = url.partition("?")[0]
    for wrong in (bare, url[:-1] + "!", url.replace("expires=", "expires=9"), f"{bare}?expires=x&signature=é"):
        assert (await client.send("GET", wrong, key=None)).status == 403, wrong


async def test_a_part_of_a_file_can_be_asked_for(client: Client) -> None:
    """Ranges are served, as file hosts do."""
    render = await client.completed(prompt="A cat", size="320x180")
    url = (await client.poll(render)).body["url"]
    answer = await client.send("GET", url, key=None, headers={"Range": "bytes=4-7"})
    assert (answer.status, answer.body) == (206, b"ftyp")
