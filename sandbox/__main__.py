"""`python -m sandbox`: what the sandbox can do from a terminal. It reads no settings and needs no token and no key."""

import argparse
import asyncio
import sys
from pathlib import Path

from sandbox.story import tell_story
from sandbox.studio import serve

_VIDEOS = Path("demo-videos")


def main() -> int:
    """Play the story, or run the local Videos API alone; 0 when it went well or was ended by Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="The whole bot on this machine alone.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("story", help="play one scripted story against the running bot and print it")
    studio = commands.add_parser("studio", help="run only the local Videos API, to try any client against it")
    studio.add_argument("--port", type=int, default=8099)
    options = parser.parse_args()
    try:
        if options.command == "studio":
            serve(options.port)
        else:
            asyncio.run(tell_story(_VIDEOS))
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        place = f"Could not listen on 127.0.0.1:{options.port}: " if options.command == "studio" else ""
        print(f"{place}{error.strerror or error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
