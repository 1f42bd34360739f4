"""One worker among several of a server: what it counts is there for all, and it answers for all.

Counts go straight into a file that is mapped into memory, so that they are there to the last, even
for a process that is killed. What only the process itself can tell (observed metrics, the
application's own instruments) it writes down once a second, and once more before it ends.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic, time_ns
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ninefold.telemetry._cells import GaugeCell, HistogramCell, NumberCell
from ninefold.telemetry._fork import restart_after_fork
from ninefold.telemetry._workers import _family as family
from ninefold.telemetry._workers import _points as points
from ninefold.telemetry._workers._directory import Directory, number_of, sweep
from ninefold.telemetry._workers._model import Identity, Told, Totals, attributes_of, policy_of

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import ResourceMetrics

    from ninefold.registry import AnyMetric
    from ninefold.telemetry._instruments import Series
    from ninefold.telemetry._workers._file import CountsFile

Cell: TypeAlias = HistogramCell | NumberCell | GaugeCell
_log = logging.getLogger("ninefold.telemetry")

EVERY: Final = 1.0
"""Seconds between two words on states."""
SHARE: Final = 0.02
"""The greatest share of its time that a process spends on these."""


class Siblings:
    """This process's place among the workers of its server, if it is one of several.

    `setting` is `auto`, `off`, or a folder that the workers of every service called `service` on
    this machine share, whoever started them.
    """

    def __init__(self, service: str, setting: str) -> None:
        self._service = service
        self._setting = setting
        self._prepared = family.present()
        self._of_gunicorn = family.in_gunicorns_worker()
        self._leader: family.Process | None = None
        self._series: list[Series[Any]] = []
        self._own: CountsFile | None = None
        self._directory: Directory | None = None
        self._lock = threading.RLock()
        self._sharing = threading.RLock()
        self._shares = False
        self._waiting: list[tuple[AnyMetric, Cell]] = []
        self._said = False
        self._left = False
        self._ended = threading.Event()
        self._tell: Callable[[], None] | None = None
        restart_after_fork(self)

    def restart(self) -> None:
        """Leave the file to the parent: a forked child makes its own when it is first used."""
        self._lock = threading.RLock()
        self._sharing = threading.RLock()
        self._shares, self._waiting, self._said = False, [], False
        self._ended = threading.Event()
        own, self._own, self._directory, self._tell = self._own, None, None, None
        if own is not None:
            own.leave_to_parent()

    def add(self, series: Series[Any]) -> None:
        """Share the series of one more instrument."""
        with self._lock:
            self._series.append(series)
            joined = self._own is not None
        # Not under the lock: a series that is being made has its own, and comes here.
        if joined:
            series.share_by(self._share)

    def begin(self, tell: Callable[[], None]) -> None:
        """Take the place, now that there is something to tell; never raises.

        `tell` collects, and gives that to `publish`, while nobody else collects: what was told
        later is then not told before.
        """
        self._tell = tell
        if self._setting == family.OFF:
            return
        if self._setting != family.AUTO:
            self._join(Path(self._setting) / family.folder_of(self._service, _NOBODY))
            return
        leader = family.leader_of(self._prepared, self._leader, of_gunicorn=self._of_gunicorn)
        if leader is not None:
            self._leader = leader
            self._join_led(leader, first=True)

    def _join_led(self, leader: family.Process, *, first: bool) -> None:
        try:
            home = family.home()
        except OSError as error:
            if first:
                self._say_alone(error)
            return
        folder = home / family.folder_of(self._service, leader)
        if first:
            sweep(home)
        elif not folder.is_dir():
            return
        self._join(folder)

    def _join(self, folder: Path) -> None:
        with self._lock:
            if self._own is not None or self._ended.is_set():
                return
            directory = Directory(folder)
            try:
                self._own = directory.join()
            except OSError as error:
                self._say_alone(error)
                return
            self._directory = directory
            shared = tuple(self._series)
        for series in shared:
            series.share_by(self._share)
        threading.Thread(target=self._go_on_telling, name="ninefold-workers", daemon=True).start()

    def _share(self, metric: AnyMetric, cell: Cell) -> None:
        with self._sharing:
            self._waiting.append((metric, cell))
            if self._shares:
                # A signal handler or finalizer, in the midst of another's: that one sees to it.
                return
            self._shares = True
            try:
                while self._waiting:
                    self._share_one(*self._waiting.pop(0))
            finally:
                self._shares = False

    def _share_one(self, metric: AnyMetric, cell: Cell) -> None:
        own = self._own
        if own is None:
            return
        bounds = cell.bounds if isinstance(cell, HistogramCell) else ()
        merge = policy_of(metric.name, metric.kind)
        attributes = attributes_of(cell.attributes)
        identity = Identity(metric.name, metric.kind, metric.unit, merge, attributes, bounds)
        counts = 2 * (len(bounds) + 1) if isinstance(cell, HistogramCell) else 0
        value = float("nan") if isinstance(cell, GaugeCell) else 0.0
        told = Told(identity, metric.description, cell.since_ns, 0.0)
        try:
            cell.share(own.add(told, counts, value))
        except Exception as error:  # noqa: BLE001 - the record that needs the series must go on
            self._say_alone(error)

    def forked(self) -> None:
        """A child was forked: it may serve, so that this process has to be found. Never raises."""
        if self._own is None and self._setting == family.AUTO and self._tell is not None:
            self._join_led(self._leader or self._prepared, first=True)

    def _say_alone(self, error: Exception) -> None:
        if not self._said:
            self._said = True
            _log.warning(
                "/metrics is not complete where another of the server's workers answers: %s; name"
                " a folder that is this user's alone, for all of them, by NINEFOLD_WORKERS",
                error,
            )

    def merged(self, resources: Sequence[ResourceMetrics]) -> Sequence[ResourceMetrics]:
        """What this process collected, with what all others tell; the former alone if it is alone.

        One scrape at a time asks. Raises `OSError` where the others' files cannot be read.
        """
        if self._own is None and self._setting == family.AUTO and not self._ended.is_set():
            # A process that served alone may have become a parent of workers.
            self._join_led(self._prepared, first=False)
        own, directory = self._own, self._directory
        if own is None and self._left:
            raise OSError("this worker has ended: another one answers for what it counted")
        if own is None or directory is None or not resources:
            return resources
        # First, so that no sibling that is asked next tells less of this process than it told.
        try:
            self.publish(resources)
        except OSError as error:
            self._say_alone(error)
        totals = Totals()
        totals.add(points.told_of(resources, ()), number_of(own.path), alive=True)
        directory.others(own, totals)
        [first, *_] = resources
        exemplars = points.exemplars_of(resources)
        scope = points.scope_of(totals.told(), first.scope_metrics[0], time_ns(), exemplars)
        return [type(first)(points.of_all(first.resource), [scope], first.schema_url)]

    def publish(self, resources: Sequence[ResourceMetrics]) -> None:
        """Write down what siblings cannot read in the counts; raises `OSError` if that fails."""
        own, directory = self._own, self._directory
        if own is not None and directory is not None:
            counted = {series.metric.name for series in tuple(self._series)}
            directory.publish(own, points.told_of(resources, counted))

    def tell(self) -> None:
        """Collect and publish now; never raises."""
        tell = self._tell
        if tell is None or self._own is None:
            return
        try:
            tell()
        except Exception as error:  # noqa: BLE001 - the next word comes in a second
            _log.debug("what this worker is doing could not be written down: %s", error)

    def end(self) -> None:
        """Tell a last time, and leave; what was counted stays with those that go on."""
        self._ended.set()
        self.tell()
        with self._lock:
            own = self._own
            # First: a scrape that finds no file any more must find that there was one.
            self._left = self._left or own is not None
            self._own = self._directory = None
            shared = tuple(self._series)
        if own is not None:
            for series in shared:
                series.share_by(None)
            own.leave_to_parent()

    def _go_on_telling(self) -> None:
        ended = self._ended
        wait = EVERY
        while not ended.wait(wait):
            began = monotonic()
            self.tell()
            wait = max(EVERY, (monotonic() - began) / SHARE)


_NOBODY: Final = family.Process(0, "")
