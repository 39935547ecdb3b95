"""Health, readiness and metrics over HTTP, for a container's health check and for Prometheus. They observe, no more."""
