"""The lowest room: time and logs. It must not know what a job is."""
