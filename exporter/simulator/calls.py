"""The calls that the look-alike answers, with what WeChat's reference says about each."""

from dataclasses import dataclass
from enum import StrEnum

from exporter.periods import Period

TOKEN_CALLS = ("token", "stable_token")
PERFORMANCE_CALL = "performance_boot"
# About the API itself: they bring no numbers.
QUOTA_CALL, SCENES_CALL = "openapi_quota_get", "get_scene"
SIDE_CALLS = (QUOTA_CALL, SCENES_CALL)
PERFORMANCE_PATH = "/wxa/business/performance/boot"


class Shape(StrEnum):
    """How the body of a reply is built."""

    TREND = "trend"
    DISTRIBUTION = "distribution"
    RETENTION = "retention"
    PAGES = "pages"
    SUMMARY = "summary"
    PORTRAIT = "portrait"


@dataclass(frozen=True, slots=True)
class DatacubeCall:
    """One analytics call: its window, its reply's shape, and when its data usually appears.

    `spans` are how many days, ending with the window, a request may ask about; `newest` is how
    many of the windows that are over may be asked about, None for all.
    """

    period: Period
    shape: Shape
    publishing_hour: float
    keys: tuple[int, ...] = (0,)
    spans: tuple[int, ...] = (1,)
    newest: int | None = None


DATACUBE_CALLS = {
    "getweanalysisappiddailyvisittrend": DatacubeCall(Period.DAY, Shape.TREND, 8.25),
    "getweanalysisappidweeklyvisittrend": DatacubeCall(Period.WEEK, Shape.TREND, 9.0),
    "getweanalysisappidmonthlyvisittrend": DatacubeCall(Period.MONTH, Shape.TREND, 9.75),
    "getweanalysisappidvisitdistribution": DatacubeCall(Period.DAY, Shape.DISTRIBUTION, 10.25),
    "getweanalysisappiddailyretaininfo": DatacubeCall(
        Period.DAY, Shape.RETENTION, 11.0, (0, 1, 2, 3, 4, 5, 6, 7, 14, 30)
    ),
    "getweanalysisappidweeklyretaininfo": DatacubeCall(
        Period.WEEK, Shape.RETENTION, 11.75, (0, 1, 2, 3, 4)
    ),
    "getweanalysisappidmonthlyretaininfo": DatacubeCall(
        Period.MONTH, Shape.RETENTION, 12.5, (0, 1)
    ),
    "getweanalysisappidvisitpage": DatacubeCall(Period.DAY, Shape.PAGES, 10.75),
    "getweanalysisappiddailysummarytrend": DatacubeCall(Period.DAY, Shape.SUMMARY, 8.75),
    "getweanalysisappiduserportrait": DatacubeCall(
        Period.DAY, Shape.PORTRAIT, 11.5, spans=(1, 7, 30), newest=2
    ),
}
