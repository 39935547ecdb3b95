"""Jobs: their values, states, limits and store."""
