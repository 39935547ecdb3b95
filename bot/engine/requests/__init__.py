"""What people ask for: requests, replies, buttons, look-ups and the owner's commands."""
