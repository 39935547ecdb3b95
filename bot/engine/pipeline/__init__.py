"""How a job moves: claimed, queued, submitted, polled and fetched; what it does to the provider is throttled here."""
