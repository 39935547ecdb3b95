"""Discord's face: each cog reads an interaction, asks the engine one thing and paints the answer. No decisions."""
