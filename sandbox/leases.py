"""Shortens what several processes on one database wait for in real time, so that tests need not.

Leases are on the database's clock, which no test can set.
"""

from bot.engine import cluster
from bot.engine.delivery import sending
from bot.engine.pipeline import stopping, submit_step
from bot.jobs import backends, notices
from bot.jobs.store import processes

# The environment variable of a bot of the sandbox with those seconds.
VARIABLE = "SANDBOX_LEASE_SECONDS"
_APART_SECONDS = 0.1
_LOOK_SECONDS = 0.05


def shorten_leases(seconds: float) -> None:
    """Let leases of this process last that long, in the same proportion to heartbeats; IDENTIFYs take no time."""
    shorter = seconds / processes.LEASE_SECONDS
    send_within = processes.SEND_WITHIN_SECONDS * shorter
    cluster.HEARTBEAT_SECONDS *= shorter
    cluster.LEASE_SECONDS = processes.LEASE_SECONDS = seconds
    submit_step.SEND_WITHIN_SECONDS = sending.SEND_WITHIN_SECONDS = stopping.SEND_WITHIN_SECONDS = send_within
    backends.STOPPED_SECONDS *= shorter
    notices.APART_SECONDS, notices.LOOK_SECONDS = _APART_SECONDS, _LOOK_SECONDS
