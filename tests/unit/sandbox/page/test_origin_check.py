"""The page's server is for its own page: other sites in the same browser get nothing, and uploads can't run there."""

import aiohttp
import pytest

from sandbox.chat import File
from tests.unit.sandbox.page.conftest import PageHarness


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.test"}, {"Origin": "https://evil.test"}, {"Origin": "null"}, {"Host": "127.0.0.1:1"}],
)
async def test_other_sites_are_refused(harness: PageHarness, headers: dict[str, str]) -> None:
    """A foreign origin, or a name that was bent to this machine, can neither act nor listen."""
    address, session = harness.browser.address, harness.browser.session
    body = {"as": str(harness.person("Ada").id), "at": str(harness.start_channel.id), "text": "x", "files": []}
    async with session.post(f"{address}act/say", json=body, headers=headers) as answer:
        assert answer.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await session.ws_connect(f"{address}live", headers=headers)
    assert refused.value.status == 403
    assert harness.start_channel.messages == []


async def test_the_page_may_load_nothing_from_outside(harness: PageHarness) -> None:
    """The policy of every answer allows this server alone."""
    for path in ("", "static/js/app.js"):
        async with harness.browser.session.get(harness.browser.address + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert answer.status == 200
            assert "default-src 'none'" in policy
            assert "http" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("name", "kind"), [("a.html", "text/html"), ("a.svg", "image/svg+xml")])
async def test_uploads_cannot_run_as_part_of_the_page(harness: PageHarness, name: str, kind: str) -> None:
    """What could carry a script is only ever handed out as a download."""
    message = await harness.person("Ada").say(harness.start_channel, "", files=[File(name, b"<script>", kind)])
    attachment = message.attachments[0]
    async with harness.browser.session.get(f"{harness.browser.address}files/{attachment.id}/{name}") as answer:
        assert answer.headers["Content-Disposition"] == "attachment"
        assert answer.headers["Content-Type"] == "application/octet-stream"
