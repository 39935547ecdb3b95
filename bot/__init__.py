"""A Discord bot that turns prompts and pictures into videos; importing it does nothing."""
