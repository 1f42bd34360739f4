"""Applications that the faults are done to."""
