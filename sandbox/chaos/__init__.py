"""Random kills and random faults, many people at once, and invariants checked from counts at both ends."""
