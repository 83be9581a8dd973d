"""Retention: who came back?"""

from grafana_foundation_sdk.builders import dashboard, stat
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as models

from exporter.reports.table import BY_NAME
from grafana.source import queries
from grafana.source.board import board, filled
from grafana.source.days import daily
from grafana.source.panels import (
    COUNT,
    PERCENT,
    SHARE,
    Column,
    Look,
    Query,
    big,
    each_day,
    lines,
    ranked,
)
from grafana.source.tables import table
from grafana.source.words import common as said
from grafana.source.words import retention as words
from grafana.source.words.text import Language, Text, Words

NAME = "wxa-retention"
DAYS = BY_NAME["daily_retention"].asks[1:]
WEEKS = BY_NAME["weekly_retention"].asks[1:]
# The stronger the blue, the more came back. From an opacity of 0.3 on Grafana writes in white, and
# no blue that thin bears it.
HEAT = Look(
    "percentunit", 1,
    ((None, "transparent"),
     *((least, f"rgba(20, 80, 200, {strength})") for least, strength in (
         (0.02, 0.03), (0.05, 0.06), (0.1, 0.1), (0.15, 0.13), (0.2, 0.16), (0.25, 0.19),
         (0.3, 0.22), (0.4, 0.25), (0.5, 0.29),
     ))),
    minimum=0,
)  # fmt: skip


def retention(language: Language) -> dashboard.Dashboard:
    """The dashboard in a language."""

    def figure(days: int) -> stat.Panel:
        return both(language, words.after(days), str(days), "day")

    by_cohort = lines(
        language, words.BY_COHORT, SHARE,
        Query(queries.retention_dated("$user", "1"), words.NEXT_DAY),
        Query(queries.retention_dated("$user", "7"), words.WEEK_LATER),
        ask=each_day,
    )  # fmt: skip
    rows = (
        (5, tuple((6, figure(days)) for days in (1, 7, 14, 30))),
        (9, (
            (12, ranked(
                language, words.CURVE, PERCENT,
                *(Query(back(key), words.days_later(key)) for key in DAYS),
            )),
            (12, daily(by_cohort, language, queries.retention_dated("$user", "1"))),
        )),
        (14, ((24, table(
            language, words.DAYS, cohorts("day", DAYS, language), words.COHORT, over_days=True
        ).time_from("60d")),)),
        (9, (
            (10, ranked(
                language, words.WEEK_CURVE, PERCENT,
                *(Query(back(key, "week"), words.weeks_later(key)) for key in WEEKS),
            )),
            (14, table(
                language, words.WEEKS, cohorts("week", WEEKS, language), words.COHORT,
                over_days=True,
            ).time_from("90d")),
        )),
        (7, (
            (10, both(language, words.MONTH, "1", "month")),
            (14, table(
                language, words.MONTHS, months(language), words.COHORT, over_days=True
            ).time_from("1y")),
        )),
    )  # fmt: skip
    return filled(board(NAME, language).with_variable(user_variable(language)), rows)


def both(language: Language, heading: Words, key: str, period: str) -> stat.Panel:
    """The retention of new and of active users, with their cohorts."""
    asked = (
        Query(
            queries.with_cohort(queries.retention_now(user, key, period), user, key, period), name
        )
        for user, name in (("new", words.NEW_OF), ("active", words.ACTIVE_OF))
    )
    panel = big(language, heading, SHARE, *asked)
    return panel.text_mode(kinds.BigValueTextMode.VALUE_AND_NAME)


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
        # Its values tell what it is.
        .hide(models.VariableHide.HIDE_LABEL)
    )


def back(key: int, period: str = "day") -> str:
    """How many hundredths of the newest cohort of the chosen users came back."""
    return f"100 * {queries.retention_now('$user', str(key), period)}"


def cohorts(period: str, keys: tuple[int, ...], language: Language) -> tuple[Column, ...]:
    """One column for each key, of the users chosen."""
    header = words.day_later if period == "day" else words.week_later
    return (
        *_cohort_labels(said.DATE_FORMAT, language),
        Column(words.SIZE, COUNT, queries.cohort_size("$user", period), width=90),
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
    return (Column(words.COHORT, when, label="Time", width=130),)
