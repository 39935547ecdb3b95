"""Python loads this in the bot's process when its folder is on the path; without our variables it does nothing."""

import os

if os.environ.get("BENCH_METERS"):
    from tests.bench import meters

    meters.begin(os.environ)
