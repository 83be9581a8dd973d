"""The words for one number of WeChat's. Frozen, and checked when built."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

METRIC_NAME = re.compile(r"wxa(_[a-z]+)+")
LABEL_NAME = re.compile(r"[a-z]+(_[a-z]+)*")
PREFIX, HISTORY_PREFIX, USUAL_PREFIX = "wxa_", "wxa_history_", "wxa_usual_"


def history_name(name: str) -> str:
    """What a metric is called as dated samples."""
    return HISTORY_PREFIX + name.removeprefix(PREFIX)


class TableError(ValueError):
    """A row of the table that contradicts itself; the text names report and field."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One gauge: WeChat's `field` under `name`. `labels` come after the label `app`.

    With `usual` two gauges of ours stand beside it: what it usually is, and how far that varies.
    """

    name: str
    field: str
    unit: str
    help: str
    help_zh: str
    labels: tuple[str, ...] = ()
    codes: Mapping[int, str] | None = dataclasses.field(default=None, hash=False, compare=False)
    usual: bool = False

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
        return history_name(self.name)

    @property
    @cache  # noqa: B019 - the table has few; building and checking one takes 100 µs
    def usual_metric(self) -> "Metric":
        """What the value usually is, by the same labels."""
        return self._beside(
            "",
            f"What {self.name} usually is: ours, the median of the last twelve comparable days "
            "in the archive (same weekday, same kind of day); for a cohort, scaled to its size.",
            f"{self.name} 的通常值：由导出器根据存档计算，并非微信数据；"
            "取最近十二个可比日（星期与日期类型均相同）的中位数；留存按同等规模的用户批次折算。",
        )

    @property
    @cache  # noqa: B019 - as above
    def deviation_metric(self) -> "Metric":
        """How far the value usually lies from its usual one."""
        return self._beside(
            "_deviation",
            f"How far {self.name} usually lies from its usual value: ours, the scaled median "
            "distance of the same days from it, and at least its square root.",
            f"{self.name} 通常偏离通常值的幅度：由导出器计算，并非微信数据；"
            "取同一批可比日的绝对中位差（已换算），且不小于通常值的平方根。",
        )

    def _beside(self, ending: str, english: str, chinese: str) -> "Metric":
        name = USUAL_PREFIX + self.name.removeprefix(PREFIX) + ending
        return Metric(name, self.field, self.unit, english, chinese, self.labels)

    @property
    def exposed_help(self) -> str:
        """HELP on /metrics, in both languages: there is one /metrics for both readers."""
        return f"{self.help} {self.help_zh}"


# The values of a metric's labels, without that of app.
Labels = tuple[str, ...]
# Numbers by the name of their metric, then by their labels.
ByMetric = Mapping[str, Mapping[Labels, float]]
