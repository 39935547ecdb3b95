"""Renders of one class, simulated or given, and what is learned from them."""

import math
from random import Random

from bot.jobs.render_times import History, RenderClass

KIND = RenderClass("gpt-4o-video", "1280x720", "8")


def learned(*took_seconds: float) -> History:
    history = History()
    for seconds in took_seconds:
        history = history.with_render(KIND, seconds)
    return history


def renders(median_seconds: float, sigma: float, jobs: int, seed: int = 1) -> list[float]:
    random = Random(seed)
    return [random.lognormvariate(math.log(median_seconds), sigma) for _ in range(jobs)]
