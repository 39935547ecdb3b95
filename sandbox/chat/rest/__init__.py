"""Discord's REST API over HTTP: one file per family of routes."""
