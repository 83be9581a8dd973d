"""What dated samples somebody asks for, checked before anything is read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from exporter.archive import Part
from exporter.config import App, Config
from exporter.periods import beijing_day
from exporter.reports.limits import Limits
from exporter.reports.report import Report
from exporter.reports.table import BY_NAME

# The first Mini Programs opened on this day: nothing older can exist.
EARLIEST = date(2017, 1, 9)
RECENT = timedelta(hours=24)


class BadQuestion(ValueError):
    """A parameter that makes no sense; the text is a sentence for whoever asked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which apps and reports, which first days, and since when (Unix seconds) learned."""

    apps: tuple[tuple[App, tuple[Report, ...]], ...]
    limits: Limits
    first: date
    last: date
    learned_since: int | None = None

    @classmethod
    def span(
        cls, config: Config, first: date, last: date, apps: Iterable[str], reports: Iterable[str]
    ) -> "Asked":
        """Every period that begins in the span. Raises BadQuestion."""
        if first < EARLIEST:
            raise BadQuestion(
                f"{first} is before {EARLIEST}, when the first Mini Programs opened: "
                "name a later day"
            )
        if first > last:
            raise BadQuestion(f"the span begins on {first} and ends before, on {last}")
        return cls(_chosen(config, tuple(apps), tuple(reports)), config.limits, first, last)

    @classmethod
    def recent(
        cls, config: Config, now: datetime, apps: Iterable[str], reports: Iterable[str]
    ) -> "Asked":
        """What was learned in the last day and is not older than history.max_age_days."""
        oldest = now - timedelta(days=config.history.max_age_days)
        today = beijing_day(now)
        return cls(
            _chosen(config, tuple(apps), tuple(reports)),
            config.limits,
            # The day after, because its first second must not be older than the age allowed.
            beijing_day(oldest) + timedelta(days=1),
            today,
            int((now - RECENT).astimezone(UTC).timestamp()),
        )

    def of(self, report: Report) -> tuple[dict[str, str], Part]:
        """What is asked for of a report: the names of its apps by appid, and where it is kept."""
        names = {app.appid: app.name for app, reports in self.apps if report in reports}
        part = Part(tuple(names), report.name, self.first, self.last, self.learned_since)
        return names, part


def day(text: str, name: str, newest: date) -> date:
    """A day given as YYYY-MM-DD, `newest` at most. Raises BadQuestion for anything else."""
    try:
        value = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise BadQuestion(f"{name} must be a day like 2026-03-18, not {text[:40]!r}") from None
    if value > newest:
        raise BadQuestion(f"{name} is {value}; the newest day possible is {newest}, Beijing time")
    return value


def past_span(
    config: Config,
    now: datetime,
    first: str | None,
    last: str | None,
    apps: Iterable[str],
    reports: Iterable[str],
) -> Asked:
    """The span that a command names by days as texts: yesterday at most. Raises BadQuestion."""
    yesterday = beijing_day(now) - timedelta(days=1)
    return Asked.span(
        config,
        EARLIEST if first is None else day(first, "--from", yesterday),
        yesterday if last is None else day(last, "--to", yesterday),
        apps,
        reports,
    )


def _chosen(
    config: Config, apps: tuple[str, ...], reports: tuple[str, ...]
) -> tuple[tuple[App, tuple[Report, ...]], ...]:
    """The apps and their reports, narrowed to the named ones. Raises BadQuestion."""
    known = [app.name for app in config.apps]
    for kind, names, choices in (("app", apps, known), ("report", reports, list(BY_NAME))):
        for name in names:
            if name not in choices:
                raise BadQuestion(
                    f"there is no {kind} {name[:60]!r}; there are {', '.join(choices)}"
                )
    return tuple(
        (
            app,
            tuple(
                report for report in config.reports_of(app) if not reports or report.name in reports
            ),
        )
        for app in config.apps
        if not apps or app.name in apps
    )
