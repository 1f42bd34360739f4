"""The room left in a queue of the SDK's: what finds none is counted, where the SDK tells nobody."""

from __future__ import annotations

from collections import deque
from itertools import repeat
from typing import Any


class Room:
    """As many places as a queue has.

    A place is taken, and places are given back, by one operation of a deque, which needs no lock.
    """

    __slots__ = ("_places",)

    def __init__(self, size: int) -> None:
        self._places = deque(repeat(None, size), size)

    @classmethod
    def of(cls, processor: Any) -> Room | None:
        """The room of one of the SDK's batching processors; None where it has moved again.

        Its queue forgets the oldest item for the newest, counting neither: newer SDKs log each,
        older ones say nothing.
        """
        holder = getattr(processor, "_batch_processor", processor)
        for name in ("_max_queue_size", "max_queue_size"):
            size = getattr(holder, name, None)
            if isinstance(size, int):
                return cls(size)
        return None

    def take(self) -> bool:
        """Take one place; False where there is none."""
        try:
            self._places.pop()
        except IndexError:
            return False
        return True

    def give(self, places: int) -> None:
        """Give places back: so many items have left the queue."""
        self._places.extend(repeat(None, places))
