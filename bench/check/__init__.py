"""`ninefold check` beside ruff, on the same trees in turn."""
