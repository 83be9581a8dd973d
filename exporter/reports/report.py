"""A report: what is asked, when, and what its reply means. Checked when built."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Protocol

from exporter.errors import Unreadable
from exporter.periods import Period, Window
from exporter.reports.body import Body, brief, number, numeric_key
from exporter.reports.vocabulary import Labels, Metric, TableError

REPORT_NAME = re.compile(r"[a-z]+(_[a-z0-9]+)*")


class Request(Protocol):
    """What is sent to WeChat to ask about a window."""

    @property
    def call(self) -> str:
        """WeChat's name of the call: the label `call` of wxa_exporter_api_requests_total."""
        ...

    @property
    def path(self) -> str:
        """The path below api.base_url that is posted to."""
        ...

    def content(self, window: Window) -> Mapping[str, Any]:
        """The JSON object that asks about the window."""
        ...

    def ref_dates(self, window: Window) -> tuple[str, ...]:
        """How a reply may name the window in ref_date."""
        ...


class Shape(Protocol):
    """How a body is built, and which labels its rows give."""

    # How many labels each row gives beside app, and whether they are WeChat's numeric keys.
    label_count: ClassVar[int]
    coded: ClassVar[bool]
    # What a metric's field may be; nothing stands for any field of WeChat's.
    fields: ClassVar[tuple[str, ...]]
    # True when a body gains keys as time passes: its asks are then its keys.
    grows: ClassVar[bool]

    @property
    def rank(self) -> str | None:
        """The field by whose size rows may be left out; None where all are kept."""
        ...

    def read(self, body: Body, reading: "Reading") -> None:
        """Add what a body says to the reading."""
        ...

    def joined(self, earlier: "Reading", newer: "Reading") -> Body | None:
        """The newer body with what only the earlier one has; None where it stands as it came."""
        ...

    def answered_ask(self, reading: "Reading", asked_on: date) -> int | None:
        """The last ask that a body with data answers, received on that day."""
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """One data analysis call of WeChat and what its reply means.

    `answered_for` is for how many periods after a window is over WeChat answers about it; None
    for ever. A report that is not `by_default` is collected only where the configuration names it.
    """

    name: str
    request: Request
    period: Period
    asks: tuple[int, ...]
    shape: Shape
    metrics: tuple[Metric, ...]
    answered_for: int | None = None
    by_default: bool = True

    def __post_init__(self) -> None:
        def check(good: bool, fault: str) -> None:
            if not good:
                raise TableError(f"report {self.name!r}: {fault}")

        check(REPORT_NAME.fullmatch(self.name) is not None, "name must be lower-case words")
        check(self.asks[:1] == (0,), "asks must begin with 0, the look when the period is over")
        check(sorted(set(self.asks)) == list(self.asks), "asks must increase")
        check(bool(self.metrics), "needs a metric")
        ends = self.answered_for
        check(ends is None or self.asks[-1] < ends, "an ask comes when WeChat answers no more")
        sources = [(metric.field, metric.labels) for metric in self.metrics]
        check(len(set(sources)) == len(sources), "two metrics read the same field")
        for metric in self.metrics:
            for fault in self._faults(metric):
                check(False, f"metric {metric.name!r}: {fault}")

    def _faults(self, metric: Metric) -> Iterator[str]:
        """Why the metric cannot be read from a body of the report's shape."""
        shape, kind = self.shape, type(self.shape).__name__
        if len(metric.labels) != shape.label_count:
            yield f"has {len(metric.labels)} labels, rows of {kind} give {shape.label_count}"
        if (metric.codes is not None) != shape.coded:
            yield f"codes belong to a shape of codes, and to nothing else: not to {kind}"
        if shape.fields and metric.field not in shape.fields:
            yield f"field must be one of {shape.fields}"

    @property
    def call(self) -> str:
        """WeChat's name of the call."""
        return self.request.call

    @property
    def grows(self) -> bool:
        """True when a body gains keys as time passes: its asks are then its keys."""
        return self.shape.grows

    def answered_on(self, window: Window, today: date) -> bool:
        """Whether WeChat answers about the window on that day, as far as its rules tell."""
        return self.answered_for is None or window.age(today) < self.answered_for

    def newest_ask(self, window: Window, today: date) -> int | None:
        """The last ask that has passed for a window; None while the window runs."""
        passed = [ask for ask in self.asks if window.passed_on(ask) <= today]
        return passed[-1] if passed else None

    @property
    def usual(self) -> tuple[Metric, ...]:
        """The gauges of ours that stand beside those of the report."""
        judged = [metric for metric in self.metrics if metric.usual]
        return tuple(each for m in judged for each in (m.usual_metric, m.deviation_metric))

    @property
    def ranking(self) -> Metric | None:
        """The metric that tells which rows matter most; None where all rows are kept."""
        return next((m for m in self.metrics if m.field == self.shape.rank), None)

    def read(
        self,
        window: Window,
        body: Body,
        newest_ask: int | None = None,
        metrics: Collection[Metric] | None = None,
    ) -> "Reading":
        """What a body says: all metrics of the report, or some `metrics` of it alone.

        `newest_ask` is the last ask that had passed when it was asked for: a retention key beyond
        it cannot exist yet, and gives no sample whatever the body says.
        Raises Unreadable when the body describes another period than `window`.
        """
        wanted = self.metrics if metrics is None else metrics
        reading = Reading(self, window, newest_ask, {metric.name: {} for metric in wanted})
        reading.check_period(body)
        self.shape.read(body, reading)
        return reading


@dataclass(slots=True)
class Reading:
    """What a body says: by metric that was read its values by labels; in words what was odd."""

    report: Report
    window: Window
    newest_ask: int | None
    values: dict[str, dict[Labels, float]]
    oddities: list[str] = field(default_factory=list)

    def check_period(self, row: Mapping[str, Any]) -> None:
        """Raise Unreadable when a row names another period than the one asked about."""
        if "ref_date" not in row:
            return
        wanted, told = self.report.request.ref_dates(self.window), brief(row["ref_date"])
        if told not in wanted:
            raise Unreadable(f"asked about {wanted[0]}, the reply describes {told!r}: not used")

    def add(self, rows: Sequence[tuple[Labels, Mapping[str, Any]]]) -> None:
        """The values under the metrics' fields, where they are numbers.

        null and missing say nothing, and are not odd.
        """
        for metric in self.report.metrics:
            field = metric.field
            self.add_to(metric, [(labels, row.get(field)) for labels, row in rows])

    def add_to(self, metric: Metric, told: Iterable[tuple[Labels, object]]) -> None:
        """The values of one metric, where they are numbers."""
        values = self.values.get(metric.name)
        if values is None:
            return
        for labels, value in told:
            real = number(value)
            if real is not None:
                values[labels] = real
            elif value is not None:
                self.oddities.append(f"{metric.field} is not a number that counts something")

    def note_unknown(self, row: Mapping[str, Any], known: set[str], what: str = "field") -> None:
        """Call every key odd that the table does not know."""
        if row.keys() <= known:
            return
        for name in row.keys() - known:
            self.oddities.append(f"unknown {what} {name[:60]!r}")

    def rows(self, body: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
        """The objects in the array `name`; everything else in it is an oddity."""
        array = body.get(name)
        if array is None:
            return
        if not isinstance(array, list):
            self.oddities.append(f"{name} is not an array")
            return
        for row in array:
            if isinstance(row, dict):
                yield row
            else:
                self.oddities.append(f"{name} holds something that is not an object")

    def pairs(self, row: Mapping[str, Any], name: str) -> Iterator[tuple[int, object]]:
        """The key and value pairs in the array `name`, each key once."""
        seen: set[int] = set()
        for item in self.rows(row, name):
            key = numeric_key(item.get("key"))
            if key is None:
                self.oddities.append(f"{name} holds an item without a numeric key")
            elif key in seen:
                self.oddities.append(f"{name} holds key {key} twice: the first is used")
            else:
                seen.add(key)
                yield key, item.get("value")
