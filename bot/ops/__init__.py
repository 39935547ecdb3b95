"""The lowest room: time, logs, background tasks and the watchdog."""
