"""What a measured operation is, and when it counts as good."""
