"""`python -m bot`: hands over to `bot.cli` and leaves with its exit code."""

import sys

from bot.cli import main

if __name__ == "__main__":
    sys.exit(main())
