"""Real parts that tests start, fault and look into."""
