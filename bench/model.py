"""What a benchmark is made of: scenarios, their variants, the goals between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple


class Sample(NamedTuple):
    """What some operations cost together: CPU time of the process, and elapsed time."""

    cpu_ns: int
    wall_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One variant, built and ready to be measured inside its own process.

    `measure(n)` performs n operations and says what they cost. `check(done)` is called once at the
    end with the number of operations performed: it answers None, or what is wrong with the claim
    (`Variant.claim`), so that a variant that recorded nothing cannot look fast.
    """

    measure: Callable[[int], Sample]
    check: Callable[[int], str | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to do a scenario's operation, in a process of its own with `environment` added.

    `over` names the variant whose cost is subtracted; None means that the whole cost counts.
    """

    name: str
    label: str
    build: Callable[[], Workload]
    over: str | None = "bare"
    claim: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """What a variant of the scenario added, in microseconds, on the machine that goals came from.

    It decides nothing: it tells how much slower than that one the present machine is.
    """

    variant: str
    us: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """`of` costs at most `at_most` times what `against` costs, or at most `at_most_us` itself.

    `at_most` None is a ratio for information. `at_most_us` is in microseconds, for what is promised
    as such; then there is nothing it is measured `against`, `above` names a variant whose cost does
    not count, and `yardstick` tells what the machine is like. `within_noise` forgives what the
    scenario's control (the variant named "control") shows to be noise: for goals that say "no more
    than".
    """

    of: str
    against: str | None = None
    at_most: float | None = None
    at_most_us: float | None = None
    above: str | None = None
    yardstick: Yardstick | None = None
    within_noise: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Variants of one operation, measured in turn, round by round.

    `operations` are performed in each round after `warm_up` ones that are not measured. `clock`
    says which time counts: elapsed time is for what waits.
    """

    name: str
    title: str
    operation: str
    operations: int
    warm_up: int
    variants: tuple[Variant, ...]
    goals: tuple[Goal, ...]
    clock: Literal["cpu", "elapsed"] = "cpu"

    def variant(self, name: str) -> Variant:
        return next(variant for variant in self.variants if variant.name == name)
