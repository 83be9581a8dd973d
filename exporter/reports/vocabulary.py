"""The words the table of reports is written in. Frozen, and checked when built."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from exporter.periods import Period

METRIC_NAME = re.compile(r"wxa(_[a-z]+)+")
LABEL_NAME = re.compile(r"[a-z]+(_[a-z]+)*")
PREFIX, HISTORY_PREFIX = "wxa_", "wxa_history_"


class TableError(ValueError):
    """A row of the table that contradicts itself; the text names report and field."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One gauge: WeChat's `field` under `name`. `labels` come after the label `app`."""

    name: str
    field: str
    unit: str
    help: str
    help_zh: str
    labels: tuple[str, ...] = ()
    codes: Mapping[int, str] | None = dataclasses.field(default=None, hash=False, compare=False)

    def __post_init__(self) -> None:
        def check(good: bool, fault: str) -> None:
            if not good:
                raise TableError(f"metric {self.name!r}, field {self.field!r}: {fault}")

        check(METRIC_NAME.fullmatch(self.name) is not None, "not a name like wxa_visit_uv")
        check(not self.name.startswith(HISTORY_PREFIX), "wxa_history_ is derived, not declared")
        check(bool(self.field), "needs the name of WeChat's field")
        check(bool(self.unit), "needs a unit")
        check(self.help.endswith("."), "needs an English help that ends in a full stop")
        check(self.help_zh.endswith("。"), "needs a Chinese help that ends in 。")
        # The two text formats escape these differently, and then the bytes could not be shared.
        check(not set('"\\\n') & set(self.exposed_help), "help without quotes, \\ and line ends")
        check(all(map(LABEL_NAME.fullmatch, self.labels)), "labels must be lower-case words")
        check("app" not in self.labels, "the label app is on all metrics, leave it out")
        check(len(set(self.labels)) == len(self.labels), "a label stands twice")

    @property
    def label_names(self) -> tuple[str, ...]:
        return ("app", *self.labels)

    @property
    def history_name(self) -> str:
        """The name of the same numbers as dated samples."""
        return HISTORY_PREFIX + self.name.removeprefix(PREFIX)

    @property
    def exposed_help(self) -> str:
        """HELP on /metrics, in both languages: there is one /metrics for both readers."""
        return f"{self.help} {self.help_zh}"


@dataclass(frozen=True, slots=True)
class Totals:
    """One row under `rows` holds the fields of the whole period; it may carry a ref_date."""

    rows: str


@dataclass(frozen=True, slots=True)
class ByPage:
    """Many rows under `rows`, each of one page named by `page`; `rank` orders them."""

    rows: str
    page: str
    rank: str


@dataclass(frozen=True, slots=True)
class ByCode:
    """Rows under `rows` named by `index`, each with `items` of numeric key and value.

    A metric's field is the index it is read from.
    """

    rows: str
    index: str
    items: str


@dataclass(frozen=True, slots=True)
class ByCohort:
    """Arrays of key and value, one for each kind of user: `users` maps array -> label word.

    Key 0 is the size of the cohort, key k those of it who came back after k periods. A metric's
    field is VALUE (the value at the key) or COHORT_SIZE (the value at key 0, beside every key).
    """

    users: Mapping[str, str] = dataclasses.field(hash=False)
    VALUE = "value"
    COHORT_SIZE = "value at key 0"


Shape = Totals | ByPage | ByCode | ByCohort


@dataclass(frozen=True, slots=True)
class Report:
    """One data analysis call of WeChat and what its reply means."""

    name: str
    call: str
    period: Period
    asks: tuple[int, ...]
    shape: Shape
    metrics: tuple[Metric, ...]

    def __post_init__(self) -> None:
        def check(good: bool, fault: str) -> None:
            if not good:
                raise TableError(f"report {self.name!r}: {fault}")

        check(LABEL_NAME.fullmatch(self.name) is not None, "name must be lower-case words")
        check(self.call.startswith("getweanalysisappid"), "call must be one of WeChat's datacube")
        check(self.asks[:1] == (0,), "asks must begin with 0, the look when the period is over")
        check(sorted(set(self.asks)) == list(self.asks), "asks must increase")
        check(bool(self.metrics), "needs a metric")
        sources = [(metric.field, metric.labels) for metric in self.metrics]
        check(len(set(sources)) == len(sources), "two metrics read the same field")
        for metric in self.metrics:
            fault = _shape_fault(self.shape, metric)
            check(fault is None, f"metric {metric.name!r}: {fault}")

    @property
    def grows(self) -> bool:
        """True when a body gains keys as time passes: its asks are then its keys."""
        return isinstance(self.shape, ByCohort)


def _shape_fault(shape: Shape, metric: Metric) -> str | None:
    """Why the metric cannot be read from a body of that shape, or None."""
    wanted = {Totals: 0, ByPage: 1, ByCode: 1, ByCohort: 2}[type(shape)]
    if len(metric.labels) != wanted:
        return f"has {len(metric.labels)} labels, rows of {type(shape).__name__} give {wanted}"
    if (metric.codes is not None) != isinstance(shape, ByCode):
        return "codes belong to ByCode, and to nothing else"
    fields = (ByCohort.VALUE, ByCohort.COHORT_SIZE)
    if isinstance(shape, ByCohort) and metric.field not in fields:
        return f"field must be one of {fields}"
    return None


# The values of a metric's labels, without that of app.
Labels = tuple[str, ...]


class Sample(NamedTuple):
    """A number WeChat told."""

    metric: Metric
    labels: Labels
    value: float
