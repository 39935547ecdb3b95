"""The pipeline: jobs are claimed, queued, submitted, polled and fetched, with the provider throttled."""
