"""WeChat's reply bodies for what happened in an app."""

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from exporter.periods import Window
from exporter.simulator.calls import DATACUBE_CALLS, Shape
from exporter.simulator.numbers import History, Visits
from exporter.simulator.pages import PageBook
from exporter.simulator.portraits import empty_portrait, portrait
from exporter.simulator.spread import apportion, seeded

Body = dict[str, Any]

COMMON_SOURCES = {
    1: 0.16, 2: 0.2, 3: 0.14, 4: 0.1, 5: 0.04, 6: 0.04, 7: 0.03, 8: 0.04, 9: 0.01, 10: 0.03,
    13: 0.05, 15: 0.02, 16: 0.03, 18: 0.04, 22: 0.03, 29: 0.1, 35: 0.08, 36: 0.06, 46: 0.01,
}  # fmt: skip
RARE_SOURCES = (11, 12, 14, 17, *range(19, 29), *range(30, 35), *range(37, 46), *range(47, 58))
# WeChat adds sources over the years without telling; 61 stands in no published table.
LATE_SOURCES = (59, 60, 61, 62)
STAY_BOUNDS = (0.0, 2.5, 5.5, 10.5, 20.5, 30.5, 50.5, 100.5, math.inf)
DEPTH_BOUNDS = (0, 1, 2, 3, 4, 5, 10, math.inf)
RETURN_DECAY = 0.45


class BodyMaker:
    """Makes the reply bodies of one app."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._pages = PageBook(history)
        self._source_weights = source_weights(history.app.appid)

    def body(self, call: str, window: Window, keys: Sequence[int], days: int = 1) -> Body:
        """The body that shows `keys`, the published ages (0 alone except for retention).

        A portrait is one of `days` days that end with the window.
        """
        visits = self._history.window(window)
        if visits is None or not keys:
            return empty_body(call, window, days)
        match DATACUBE_CALLS[call].shape:
            case Shape.TREND:
                return {"list": [trend_row(window, visits)]}
            case Shape.SUMMARY:
                return {"list": [self._summary_row(window, visits)]}
            case Shape.PAGES:
                return {"ref_date": window.ref_date, "list": self._pages.rows(window.first_day)}
            case Shape.DISTRIBUTION:
                return {"ref_date": window.ref_date, "list": self._distribution(window, visits)}
            case Shape.RETENTION:
                return self._retention(window, keys)
            case Shape.PORTRAIT:
                spanned = self._history.span(window.last_day, days) or visits
                return {
                    "ref_date": span_ref_date(window, days),
                    **portrait(self._history.app.appid, spanned),
                }

    def _summary_row(self, window: Window, visits: Visits) -> Body:
        return {
            "ref_date": window.ref_date,
            "visit_total": self._history.total_users(window.first_day),
            "share_pv": visits.shares,
            "share_uv": visits.sharers,
        }

    def _distribution(self, window: Window, visits: Visits) -> list[Body]:
        draw = seeded(f"{self._history.app.appid}:{window.first_day}:sources").uniform
        weights = [weight * draw(0.8, 1.2) for weight in self._source_weights.values()]
        counts = apportion(visits.sessions, weights)
        sources = dict(zip(self._source_weights, counts, strict=True))
        stays = apportion(visits.sessions, stay_weights(visits.stay_seconds / visits.sessions))
        depths = apportion(visits.sessions, depth_weights(visits.depth))
        return [
            index_rows("access_source_session_cnt", sources),
            index_rows("access_source_visit_uv", source_visitors(sources, visits)),
            index_rows("access_staytime_info", dict(enumerate(stays, start=1))),
            index_rows("access_depth_info", dict(enumerate(depths, start=1))),
        ]

    def _retention(self, window: Window, keys: Sequence[int]) -> Body:
        counts = [self._returned(window, key) for key in keys]
        return {
            "ref_date": window.ref_date,
            "visit_uv_new": [
                {"key": key, "value": new} for key, (new, _) in zip(keys, counts, strict=True)
            ],
            "visit_uv": [
                {"key": key, "value": active} for key, (_, active) in zip(keys, counts, strict=True)
            ],
        }

    def _returned(self, window: Window, key: int) -> tuple[int, int]:
        """How many of the window's new and of all its visitors came again `key` periods later."""
        cohort = self._history.window(window)
        later = self._history.window(window.shifted(key))
        if cohort is None or later is None:
            return 0, 0
        if key == 0:
            return cohort.new_visitors, cohort.visitors
        traits = self._history.traits
        chance = seeded(f"{self._history.app.appid}:{window}:{key}").uniform(0.93, 1.07)
        fading = chance * key**-RETURN_DECAY
        # Nobody returns who was not there that day, and a new visitor returns less than others.
        active = min(
            round(cohort.visitors * traits.active_return * fading),
            later.visitors - later.new_visitors,
        )
        new = min(
            round(cohort.new_visitors * traits.new_return * fading),
            active * cohort.new_visitors // cohort.visitors,
        )
        return new, active


def empty_body(call: str, window: Window, days: int = 1) -> Body:
    """What WeChat sends when it has nothing to tell about a window."""
    match DATACUBE_CALLS[call].shape:
        case Shape.TREND | Shape.SUMMARY:
            return {"list": []}
        case Shape.PAGES | Shape.DISTRIBUTION:
            return {"ref_date": window.ref_date, "list": []}
        case Shape.RETENTION:
            return {"ref_date": window.ref_date, "visit_uv_new": [], "visit_uv": []}
        case Shape.PORTRAIT:
            return {"ref_date": span_ref_date(window, days), **empty_portrait()}


def span_ref_date(window: Window, days: int) -> str:
    """How a portrait names the days it speaks of."""
    first = window.last_day - timedelta(days=days - 1)
    return window.ref_date if days == 1 else f"{first:%Y%m%d}-{window.end_date}"


def zero_retention(window: Window) -> Body:
    """A retention that is not ready and says so by zeros, as a published reply does."""
    zeros = [{"key": key, "value": 0} for key in range(8)]
    return {"ref_date": window.ref_date, "visit_uv_new": zeros, "visit_uv": zeros}


def trend_row(window: Window, visits: Visits) -> Body:
    """The row of a visit trend."""
    return {
        "ref_date": window.ref_date,
        "session_cnt": visits.sessions,
        "visit_pv": visits.views,
        "visit_uv": visits.visitors,
        "visit_uv_new": visits.new_visitors,
        "stay_time_uv": short_number(visits.stay_seconds / visits.visitors),
        "stay_time_session": short_number(visits.stay_seconds / visits.sessions),
        "visit_depth": short_number(visits.depth),
    }


def short_number(number: float) -> float | int:
    """Four decimals, and none at all for a whole number, as WeChat writes them."""
    rounded = round(number, 4)
    return int(rounded) if rounded.is_integer() else rounded


def source_weights(appid: str) -> dict[int, float]:
    """How likely a session of the app comes from each source."""
    draw = seeded(f"{appid}:sources").uniform
    weights = {key: weight * draw(0.3, 2.0) for key, weight in COMMON_SOURCES.items()}
    weights.update({key: draw(0.0, 0.002) for key in RARE_SOURCES})
    weights.update({key: draw(0.0, 0.0005) for key in LATE_SOURCES})
    return weights


def source_visitors(sources: dict[int, int], visits: Visits) -> dict[int, int]:
    """Visitors by source: somebody who came by two ways counts in both."""
    share = 1.1 * visits.visitors / visits.sessions
    return {
        key: min(sessions, visits.visitors, math.ceil(sessions * share))
        for key, sessions in sources.items()
    }


def stay_weights(mean_seconds: float) -> list[float]:
    """The shares of WeChat's eight lengths of stay: many short ones, few long ones."""
    shape = 0.8
    scale = mean_seconds / math.gamma(1 + 1 / shape)
    longer = [math.exp(-((bound / scale) ** shape)) for bound in STAY_BOUNDS]
    return [longer[place] - longer[place + 1] for place in range(len(longer) - 1)]


def depth_weights(mean_depth: float) -> list[float]:
    """The shares of WeChat's seven depths, geometric with the given mean."""
    onwards = 1 - 1 / mean_depth
    deeper = [onwards**bound for bound in DEPTH_BOUNDS]
    return [deeper[place] - deeper[place + 1] for place in range(len(deeper) - 1)]


def index_rows(index: str, counts: dict[int, int]) -> Body:
    """One index of a distribution: no key without a count, the highest key first."""
    items = [{"key": key, "value": value} for key, value in counts.items() if value]
    return {"index": index, "item_list": sorted(items, key=lambda item: -item["key"])}
