"""Discord's REST API over HTTP: one file per family of routes; what the routes do to the world is written outside."""
