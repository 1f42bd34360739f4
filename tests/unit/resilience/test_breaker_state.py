"""What a breaker remembers takes the same room whatever the rate of calls."""

from __future__ import annotations

import sys

import pytest

from ninefold.resilience.breaker import Breaker, Circuit, Verdict, register

SLICES = 10
"""The parts of a window; each call below falls into one of them."""


@pytest.mark.parametrize("slow", [None, 1.0], ids=["failures", "failures and slow calls"])
def test_a_million_calls_take_as_many_bytes_as_ten(slow: float | None) -> None:
    """The state of a time window is bounded to the byte: sums per slice, and no call by itself."""
    options = Breaker(window=30, slow=slow)

    few, many = _after(options, calls=10), _after(options, calls=1_000_000)

    assert few.counted(27.0)[0] == 10
    assert many.counted(27.0)[0] == 1_000_000
    assert _bytes(many) == _bytes(few)
    assert _bytes(many) < 4096


def test_the_window_of_calls_takes_a_byte_a_call() -> None:
    """Of a window of the last hundred calls a hundred bytes are kept, and no more."""
    options = Breaker(window_calls=100, min_calls=100)

    full, fuller = _after(options, calls=100), _after(options, calls=100_000)

    assert fuller.counted(27.0)[0] == 100
    # A bytearray grows by more than it needs, so it may be as large again at the most.
    assert abs(_bytes(fuller) - _bytes(full)) <= 100


def _after(options: Breaker, *, calls: int) -> Circuit:
    """A breaker after so many calls, spread evenly over the window; the first one failed."""
    circuit = Circuit(options, register("search", ()))
    share = calls // SLICES
    for part in range(SLICES):
        now = part * 3.0
        for call in range(share):
            permit = circuit.acquire(now)
            if part == call == 0:
                circuit.release(permit, Verdict.FAILURE, 0.0, now)
            else:
                circuit.succeeded(permit, 0.0, now)
    return circuit


def _bytes(circuit: Circuit) -> int:
    """The bytes of the engine and all that it holds, but for what its calls do not feed."""
    given = ("_options", "_register", "_on", "_lock", "__weakref__")
    seen: set[int] = set()
    return sys.getsizeof(circuit) + sum(
        _deep(getattr(circuit, name), seen) for name in circuit.__slots__ if name not in given
    )


def _deep(found: object, seen: set[int]) -> int:
    if isinstance(found, (bool, int, float, str, type(None))):
        # Small ints are shared, large ones are not: each counts where it is held.
        return sys.getsizeof(found)
    if id(found) in seen:
        return 0
    seen.add(id(found))
    inner: list[object] = []
    if isinstance(found, list):
        inner += found
    for name in getattr(found, "__slots__", ()):
        inner.append(getattr(found, name))
    # The C counter behind its `__next__`.
    inner.append(getattr(found, "__self__", None))
    return sys.getsizeof(found) + sum(_deep(one, seen) for one in inner)
