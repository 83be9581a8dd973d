"""Audience: who are they?"""

from collections.abc import Mapping
from dataclasses import replace

from grafana_foundation_sdk.builders import bargauge, dashboard
from grafana_foundation_sdk.models import dashboard as models

from grafana.source import queries
from grafana.source.board import board, filled
from grafana.source.overview import data_day
from grafana.source.panels import COUNT, PERCENT, Column, Look, Query, big, ranked
from grafana.source.retention import user_variable
from grafana.source.tables import table
from grafana.source.words import audience as words
from grafana.source.words import common as said
from grafana.source.words.text import Language, Text, Words

NAME = "wxa-audience"
REPORT = "user_portrait_1d"
SPANS = ("1d", "7d", "30d")
SHOWN = 20
# Beside the day shown, which says why there is none.
TILE = replace(COUNT, empty=said.UNKNOWN)
CHOSEN = 'user="$user",span="$span"'


def audience(language: Language) -> dashboard.Dashboard:
    """The dashboard in a language."""

    def by(
        heading: Words, look: Look, expr: str, trait: str, names: Mapping[str, Text] | None = None
    ) -> bargauge.Panel:
        shown = f"sort_desc(topk by (app) ({SHOWN}, {expr}))"
        asked = Query(shown, Text(f"{{{{{trait}}}}}", f"{{{{{trait}}}}}"))
        return ranked(language, heading, look, asked, names=dict(names or {}))

    rows = (
        (4, (
            (9, data_day(language, words.DATA_DAY, REPORT)),
            (7, big(language, words.KNOWN, TILE, Query(known("gender"), said.BY_APP))),
            (8, big(
                language, words.DROPPED, TILE,
                Query(dropped("city"), words.CITY), Query(dropped("device"), words.DEVICE),
            )),
        )),
        (8, (
            (8, by(words.GENDERS, PERCENT, share("gender"), "gender", words.GENDER_NAMES)),
            (8, by(words.AGES, PERCENT, share("age"), "age", words.AGE_NAMES)),
            (8, by(words.PLATFORMS, PERCENT, share("platform"), "platform", words.PLATFORM_NAMES)),
        )),
        (14, (
            (8, by(words.PROVINCES, PERCENT, share("province"), "province", words.PROVINCE_NAMES)),
            (8, by(words.CITIES, COUNT, users("city"), "city")),
            (8, by(words.DEVICES, COUNT, users("device"), "device")),
        )),
        (9, ((24, table(language, words.NEW_AND_ACTIVE, columns(), words.ACTIVE_SHARE)),)),
    )  # fmt: skip
    empty = board(NAME, language).with_variable(user_variable(language))
    return filled(empty.with_variable(span_variable(language)), rows)


def users(trait: str, labels: str = CHOSEN) -> str:
    """How many users, by a trait."""
    return queries.now(f"wxa_portrait_{trait}_users", labels, by=f"app, {trait}")


def known(trait: str, labels: str = CHOSEN) -> str:
    """Of how many users WeChat tells the trait."""
    return f"sum by (app) ({users(trait, labels)})"


def share(trait: str, labels: str = CHOSEN) -> str:
    """Hundredths of the users of whom WeChat tells the trait."""
    return f"100 * {users(trait, labels)} / on (app) group_left () ({known(trait, labels)} > 0)"


def dropped(dimension: str) -> str:
    """How many values a limit leaves out."""
    labels = f'report="user_portrait_$span",dimension="{dimension}"'
    return queries.now("wxa_exporter_portrait_dropped", labels)


def columns() -> tuple[Column, ...]:
    """New and active users beside each other, by age."""
    ages = {age: (name, None) for age, name in words.AGE_NAMES.items()}

    def labels(user: str) -> str:
        return f'user="{user}",span="$span"'

    return (
        Column(words.AGE, Look("none", None, mapping=ages), label="age", width=160),
        Column(said.NEW, COUNT, users("age", labels("new"))),
        Column(words.NEW_SHARE, PERCENT, share("age", labels("new"))),
        Column(said.ACTIVE, COUNT, users("age", labels("active"))),
        Column(words.ACTIVE_SHARE, PERCENT, share("age", labels("active"))),
    )


def span_variable(language: Language) -> dashboard.CustomVariable:
    """The users of how many days."""
    texts = [words.SPAN_NAMES[span].in_(language) for span in SPANS]
    options = [
        models.VariableOption(selected=span == "7d", text=text, value=span)
        for span, text in zip(SPANS, texts, strict=True)
    ]
    return (
        dashboard.CustomVariable("span")
        .label(words.SPAN.in_(language))
        .values(",".join(f"{text} : {span}" for span, text in zip(SPANS, texts, strict=True)))
        .options(options)
        .current(options[1])
        .hide(models.VariableHide.HIDE_LABEL)
    )
