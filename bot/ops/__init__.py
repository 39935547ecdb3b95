"""The lowest room: time, logs, background tasks, the watchdog, and which addresses are private."""
