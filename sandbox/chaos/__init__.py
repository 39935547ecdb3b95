"""Random deaths and random faults, many people at once, and a judge who counts at both ends; it mends nothing."""
