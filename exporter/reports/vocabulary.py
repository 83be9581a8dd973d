"""The words for one number of WeChat's. Frozen, and checked when built."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

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


# The values of a metric's labels, without that of app.
Labels = tuple[str, ...]


class Sample(NamedTuple):
    """A number WeChat told."""

    metric: Metric
    labels: Labels
    value: float
