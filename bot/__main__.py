"""`python -m bot`: runs `bot.cli` and exits with its code."""

import sys

from bot.cli import main

if __name__ == "__main__":
    sys.exit(main())
