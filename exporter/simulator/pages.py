"""The pages of an app and how its views spread over them."""

import math
from datetime import date
from functools import cached_property
from typing import Any

from exporter.simulator.numbers import History, Visits
from exporter.simulator.spread import apportion, apportion_within, seeded

LISTED_PAGES = 200
KNOWN_PATHS = (
    "pages/index/index",
    "pages/detail/detail",
    "pages/list/list",
    "pages/search/search",
    "pages/user/user",
    "pages/cart/cart",
    "pages/order/list",
    "pages/order/detail",
    "pages/category/category.html",
    "pages/coupon/coupon",
    "pages/address/address",
    "pages/login/login.html",
)
SECTIONS = ("goods", "topic", "article", "activity", "help", "settings")


def page_path(number: int) -> str:
    """The path of an app's page, the most visited one being number 0."""
    if number < len(KNOWN_PATHS):
        return KNOWN_PATHS[number]
    return f"packages/{SECTIONS[number % len(SECTIONS)]}/page{number}"


class PageBook:
    """The pages of one app. Their share of the views follows Zipf's law."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._count = history.app.pages

    def rows(self, day: date) -> list[dict[str, Any]]:
        """The rows of the visit page report, the most viewed first."""
        visits = self._history.day(day)
        if visits is None:
            return []
        rows = [row for row in self._all_rows(day, visits) if row["page_visit_pv"]]
        return sorted(rows, key=lambda row: -int(row["page_visit_pv"]))

    @cached_property
    def _weights(self) -> list[float]:
        return [1 / (number + 2) ** 1.1 for number in range(self._count)]

    @cached_property
    def _listed_share(self) -> float:
        return sum(self._weights[:LISTED_PAGES]) / sum(self._weights)

    def _all_rows(self, day: date, visits: Visits) -> list[dict[str, Any]]:
        draw = seeded(f"{self._history.app.appid}:{day}:pages").uniform
        weights = [weight * draw(0.85, 1.15) for weight in self._weights[:LISTED_PAGES]]
        views = apportion(round(visits.views * self._listed_share), weights)
        sessions = round(visits.sessions * self._listed_share)
        entries = apportion_within(sessions, [weight**1.8 for weight in weights], views)
        exits = apportion_within(sessions, [weight * draw(0.5, 1.5) for weight in weights], views)
        shares = apportion_within(round(visits.shares * self._listed_share), weights, views)
        return [
            {
                "page_path": page_path(number),
                "page_visit_pv": views[number],
                "page_visit_uv": page_visitors(views[number], visits.visitors),
                "page_staytime_pv": round(visits.stay_seconds / visits.views * draw(0.6, 1.4), 6),
                "entrypage_pv": entries[number],
                "exitpage_pv": exits[number],
                "page_share_pv": shares[number],
                "page_share_uv": math.ceil(shares[number] * 0.8),
            }
            for number in range(len(weights))
        ]


def page_visitors(views: int, visitors: int) -> int:
    """Who saw a page: the more often it is viewed, the more of the views are by the same people."""
    if views == 0:
        return 0
    return max(1, min(views, int(visitors * (1 - math.exp(-0.7 * views / visitors)))))
