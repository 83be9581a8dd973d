"""Retention: who came back?"""

from grafana_foundation_sdk.builders import dashboard, stat
from grafana_foundation_sdk.models import dashboard as models

from exporter.reports.table import BY_NAME
from grafana.source import queries
from grafana.source.board import board, filled
from grafana.source.panels import COUNT, SHARE, Column, Look, Query, big, daily, lines
from grafana.source.tables import curve, table
from grafana.source.words import common as said
from grafana.source.words import retention as words
from grafana.source.words.text import Language, Text

NAME = "wxa-retention"
DAYS = BY_NAME["daily_retention"].asks[1:]
WEEKS = BY_NAME["weekly_retention"].asks[1:]
# The darker, the more came back.
HEAT = Look(
    "percentunit", 1,
    ((None, "transparent"), (0.02, "super-light-blue"), (0.1, "light-blue"), (0.2, "blue"),
     (0.3, "semi-dark-blue"), (0.5, "dark-blue")),
    minimum=0,
)  # fmt: skip


def retention(language: Language) -> dashboard.Dashboard:
    """The dashboard in a language."""

    def figure(days: int) -> stat.Panel:
        return big(
            language, words.after(days), SHARE,
            Query(queries.retention_now("new", str(days)), words.NEW_OF_APP),
            Query(queries.retention_now("active", str(days)), words.ACTIVE_OF_APP),
        )  # fmt: skip

    by_cohort = lines(
        language, words.BY_COHORT, SHARE,
        Query(queries.retention_dated("new", "1"), words.NEXT_DAY),
        Query(queries.retention_dated("new", "7"), words.WEEK_LATER),
    )  # fmt: skip
    rows = (
        (5, tuple((6, figure(days)) for days in (1, 7, 14, 30))),
        (9, (
            (12, curve(
                language, words.CURVE, SHARE, "day", words.AFTER_DAYS,
                Query(queries.retention_curve("new"), said.NEW),
                Query(queries.retention_curve("active"), said.ACTIVE),
            )),
            (12, daily(by_cohort, language, queries.retention_dated("new", "1"))),
        )),
        (13, ((24, table(
            language, words.DAYS, cohorts("day", DAYS, language), words.COHORT, over_days=True
        ).time_from("60d")),)),
        (9, (
            (10, curve(
                language, words.WEEK_CURVE, SHARE, "week", words.AFTER_WEEKS,
                Query(queries.retention_curve("new", "week"), said.NEW),
                Query(queries.retention_curve("active", "week"), said.ACTIVE),
            )),
            (14, table(
                language, words.WEEKS, cohorts("week", WEEKS, language), words.COHORT,
                over_days=True,
            ).time_from("90d")),
        )),
        (7, (
            (10, big(
                language, words.MONTH, SHARE,
                Query(queries.retention_now("new", "1", "month"), words.NEW_OF_APP),
                Query(queries.retention_now("active", "1", "month"), words.ACTIVE_OF_APP),
            )),
            (14, table(
                language, words.MONTHS, months(language), words.COHORT, over_days=True
            ).time_from("1y")),
        )),
    )  # fmt: skip
    return filled(board(NAME, language).with_variable(user_variable(language)), rows)


def user_variable(language: Language) -> dashboard.CustomVariable:
    """Whose cohorts the tables show."""
    new, active = said.NEW.in_(language), said.ACTIVE.in_(language)
    options = [
        models.VariableOption(selected=True, text=new, value="new"),
        models.VariableOption(selected=False, text=active, value="active"),
    ]
    return (
        dashboard.CustomVariable("user")
        .label(said.USERS.in_(language))
        .values(f"{new} : new,{active} : active")
        .options(options)
        .current(options[0])
    )


def cohorts(period: str, keys: tuple[int, ...], language: Language) -> tuple[Column, ...]:
    """One column for each key, of the users chosen."""
    header = words.day_later if period == "day" else words.week_later
    return (
        *_cohort_labels(said.DATE_FORMAT, language),
        Column(words.SIZE, COUNT, queries.cohort_size("$user", period), width=100),
        *(
            Column(
                header(key), HEAT, queries.retention_dated("$user", str(key), period),
                cell="color-background",
            )
            for key in keys
        ),
    )  # fmt: skip


def months(language: Language) -> tuple[Column, ...]:
    """Both kinds of users beside each other: there is but one key."""
    return (
        *_cohort_labels(said.MONTH_FORMAT, language),
        Column(words.SIZE_NEW, COUNT, queries.cohort_size("new", "month")),
        Column(
            words.MONTH_NEW, HEAT, queries.retention_dated("new", "1", "month"),
            cell="color-background",
        ),
        Column(words.SIZE_ACTIVE, COUNT, queries.cohort_size("active", "month")),
        Column(
            words.MONTH_ACTIVE, HEAT, queries.retention_dated("active", "1", "month"),
            cell="color-background",
        ),
    )  # fmt: skip


def _cohort_labels(date_format: Text, language: Language) -> tuple[Column, ...]:
    when = Look(date_format.in_(language), None)
    return (
        Column(words.COHORT, when, label="Time", width=170),
        Column(said.APP, label="app", width=140),
    )
