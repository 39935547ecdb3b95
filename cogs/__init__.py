"""The cogs: each reads an interaction, makes one call to the engine and renders the answer. No decisions."""
