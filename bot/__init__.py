"""A Discord bot that turns prompts and pictures into videos; importing it does nothing."""

# As in pyproject.toml (a test compares them): the running code is not always installed as a package.
VERSION = "0.1.0"
