"""The traffic that rules are tried on, and what is to be known about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from ninefold.sampling import Sampling
from ninefold.sampling.simulation import Part

__all__ = ["Source", "counted"]


@dataclass(slots=True)
class Source:
    """The traffic: where it is from, and how much of it there is."""

    name: str
    file: str | None
    seconds: float
    traces: int
    spans: int
    services: tuple[str, ...]
    processes: int
    notes: list[str] = field(default_factory=list[str])

    @classmethod
    def of(
        cls, name: str, parts: Sequence[Part], seconds: float, *, traces: int, file: str | None
    ) -> Source:
        """The traffic that consists of `parts`."""
        processes = {part.first.process for part in parts}
        return cls(
            name=name,
            file=file,
            seconds=seconds,
            traces=traces,
            spans=sum(part.spans for part in parts),
            services=tuple(sorted({each.service for each in processes})),
            processes=len(processes),
        )

    def note_of_callers(self, parts: Iterable[Part], services: Collection[str]) -> None:
        """Say for how many traces a caller has decided that is not there."""
        called = [
            part
            for part in parts
            if part.first.parent_id
            and part.parent is None
            and (not services or part.first.process.service in services)
        ]
        lost = sum(1 for part in called if part.first.local)
        if len(called) - lost:
            self.notes.append(
                "kept by a caller that is not in the file, whose decision --as-roots does not"
                f" follow: {counted(len(called) - lost, 'trace')}"
            )
        if lost:
            self.notes.append(
                "begun by a span that is not in the file, so that rules see another one:"
                f" {counted(lost, 'trace')}"
            )

    def note_of_instances(
        self, parts: Iterable[Part], services: Collection[str], tried: Iterable[Sampling]
    ) -> None:
        """Say which services look like one process, where that makes a difference."""
        if all(
            sampling.target_per_s is None
            and all(each.per_second is None for each in sampling.rules)
            for sampling in tried
        ):
            return
        nameless = {
            part.first.process.service
            for part in parts
            if not part.first.process.instance
            and (not services or part.first.process.service in services)
        }
        self.notes += [
            f"{service} tells no service.instance.id, so that it counts as one process; rates per"
            " second are for each"
            for service in sorted(nameless)
        ]


def counted(number: int, noun: str) -> str:
    """A number and what it counts.

    >>> counted(1, "process"), counted(2000, "process")
    ('1 process', '2,000 processes')
    """
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
