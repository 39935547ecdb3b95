"""Discord's limit on all requests together, as discord.py keeps it."""

import discord


def free_global_limit(client: discord.Client) -> None:
    """Release other requests after one was cancelled that may have waited for a global limit.

    Otherwise discord.py would block them for ever: only that one releases them (docs/facts/discord.md, "Retries").
    """
    client.http._global_over.set()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # there is no other way
