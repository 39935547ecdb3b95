"""What a job is: its values, its states, its limits and its store. It must not know Discord or the network."""
