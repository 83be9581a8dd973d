"""The series that every app has, and which apps' have changed since they were rendered.

prometheus_client keeps an object with a lock for each series and renders them all when one has
changed: at 10,000 apps 600 MB, and 17 seconds at every tick of a pass.
"""

from collections.abc import Callable, Collection
from threading import Lock

from exporter.telemetry.own import Own

# The values of an app's labels behind `app`, in the order in which the metric names them.
Labels = tuple[str, ...]
Values = dict[Labels, float]


class AppSeries:
    """Values by metric, app and labels. Thread safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: dict[str, dict[Own, Values]] = {}
        # Changes are numbered; of each app the last one, also when it left by it.
        self._changes = 0
        self._changed: dict[str, int] = {}
        # Labels repeat from app to app: one copy of each serves all.
        self._labels: dict[Labels, Labels] = {}

    def set(self, own: Own, app: str, *labels: str, value: float) -> None:
        """Give a series its value."""
        with self._lock:
            self._give(own, app, labels, value)

    def add(self, own: Own, app: str, *labels: str, value: float = 1.0) -> None:
        """Raise a counter, which begins at 0."""
        with self._lock:
            self._give(own, app, labels, self._of(own, app).get(labels, 0.0) + value)

    def remove(self, own: Own, app: str, *labels: str) -> None:
        """End a series."""
        with self._lock:
            if self._of(own, app).pop(labels, None) is not None:
                self._change(app)

    def clear(self, own: Own) -> None:
        """End all series of a metric."""
        with self._lock:
            for app, values in self._values.items():
                if values.pop(own, None):
                    self._change(app)

    def keep(self, wanted: Callable[[str, str | None], bool]) -> None:
        """End the series of every app, or report of an app, that is not wanted."""
        with self._lock:
            for app in list(self._values):
                if not wanted(app, None):
                    del self._values[app]
                    self._change(app)
                    continue
                for own, values in self._values[app].items():
                    if "report" in own.labels:
                        report = own.labels.index("report") - 1
                        for labels in [each for each in values if not wanted(app, each[report])]:
                            del values[labels]
                            self._change(app)

    def forget(self, apps: Collection[str]) -> None:
        """End all series of some apps."""
        with self._lock:
            for app in apps:
                if self._values.pop(app, None) is not None:
                    self._change(app)

    def changed_since(self, number: int) -> tuple[int, dict[str, dict[Own, Values]]]:
        """The number of the last change, and what the apps have that changed after `number`.

        An app that left has nothing.
        """
        with self._lock:
            if number == self._changes:
                return number, {}
            apps = [app for app, change in self._changed.items() if change > number]
            return self._changes, {
                app: {own: dict(values) for own, values in self._values.get(app, {}).items()}
                for app in apps
            }

    def _change(self, app: str) -> None:
        self._changes += 1
        self._changed[app] = self._changes

    def _give(self, own: Own, app: str, labels: Labels, value: float) -> None:
        # A pass says of every app again what it said before: rendering 10,000 anew took 2 seconds.
        values = self._of(own, app)
        if values.get(labels) != value:
            values[self._labels.setdefault(labels, labels)] = value
            self._change(app)

    def _of(self, own: Own, app: str) -> Values:
        return self._values.setdefault(app, {}).setdefault(own, {})
