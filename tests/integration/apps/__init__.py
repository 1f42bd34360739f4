"""Applications that integration tests serve, each in a process of its own."""
