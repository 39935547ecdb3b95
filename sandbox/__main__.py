"""`python -m sandbox`: the sandbox's commands. They read no settings and need no token and no key."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import get_args

from bot.chat.words import ENGLISH
from sandbox.page.demo import PORT, open_sandbox
from sandbox.story import tell_story
from sandbox.studio import StudioDialect, serve

_VIDEOS = Path("demo-videos")
_STUDIO_PORT = 8099


def main() -> int:
    """Open the page, play the story, or run the local Videos API alone; 0 on success or after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="The whole bot on this machine alone.")
    parser.add_argument("--port", type=int, help=f"where the page is (default: {PORT}, or a free one)")
    parser.add_argument("--no-browser", action="store_true", help="only print the page's address")
    language = "what everybody speaks: a language file, or qps, which is made up and shows what can't be translated"
    parser.add_argument("--language", default=ENGLISH, metavar="FILE|qps", help=language)
    parser.add_argument("--two-providers", action="store_true", help="with a second provider, of another dialect")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("story", help="play one scripted story against the running bot and print it")
    studio = commands.add_parser("studio", help="run only the local Videos API, to try any client against it")
    studio.add_argument("--port", type=int, default=_STUDIO_PORT, dest="studio_port")
    studio.add_argument("--dialect", choices=get_args(StudioDialect), default="openai", help="what it speaks")
    options = parser.parse_args()
    try:
        if options.command == "studio":
            serve(options.studio_port, options.dialect)
        elif options.command == "story":
            asyncio.run(tell_story(_VIDEOS))
        else:
            browser, two = not options.no_browser, options.two_providers
            asyncio.run(open_sandbox(options.port, browser=browser, language=options.language, second_provider=two))
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        port = options.studio_port if options.command == "studio" else options.port
        place = "" if port is None else f"Could not listen on 127.0.0.1:{port}: "
        print(f"{place}{error.strerror or error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
