"""A job's messages in Discord: posted once, cards kept up to date, offers shown and deleted."""
