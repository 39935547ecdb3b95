"""`python -m sandbox.studio --port N`: the local Videos API alone; knows nothing but its one option."""

import argparse
import sys

from sandbox.studio.serving import serve


def main() -> int:
    """Run until Ctrl-C; 0 then, 1 with one line when it can't listen."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.studio", description="A local Videos API.")
    parser.add_argument("--port", type=int, default=8787, help="port on 127.0.0.1 (0 = any free one; default 8787)")
    port = parser.parse_args().port
    try:
        serve(port)
    except OSError as taken:
        print(f"Could not listen on 127.0.0.1:{port}: {taken.strerror or taken}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
