"""What a job says in Discord: messages posted once, cards kept up to date, offers shown and taken away."""
