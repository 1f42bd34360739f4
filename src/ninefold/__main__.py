"""`python -m ninefold`: the same as `ninefold`, where scripts are not on the path."""

from __future__ import annotations

from ninefold.cli._entry import main

if __name__ == "__main__":
    main()
