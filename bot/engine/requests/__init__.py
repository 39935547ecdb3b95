"""People's requests: commands, replies, buttons, look-ups and the owner's commands."""
