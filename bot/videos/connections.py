"""The connections of a client: sessions without a key, requests that are sent once, bodies of a bounded size."""

import aiohttp

ANSWER_MAX_BYTES = 1024 * 1024
_CHUNK_BYTES = 64 * 1024


def open_session(connector: aiohttp.TCPConnector, timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
    """A session that holds no key and no cookie, and takes no proxy from the environment."""
    return aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "discord-video-bot"},
        trust_env=False,
    )


async def once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a request again whose connection broke off."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(str(error)) from error


async def read_body(response: aiohttp.ClientResponse, max_bytes: int = ANSWER_MAX_BYTES) -> bytes | None:
    """The body, or None as soon as it exceeds that many bytes; the rest is not fetched."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) > max_bytes:
            response.close()
            return None
    return bytes(body)
