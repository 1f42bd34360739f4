"""An outage of a shared dependency, played in virtual time with ninefold's own policies."""
