"""The page's content as JSON, computed from the living records."""
