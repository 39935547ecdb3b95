"""`python -m bot check`: whether the bot could start and do its work, as a table or JSON. It changes nothing."""
