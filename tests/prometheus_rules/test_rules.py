"""The rules do what promtool proves, on metrics that exist, with each threshold in one place."""

import re
import subprocess
from pathlib import Path

import pytest

from exporter.describe import described
from exporter.errors import NeedsOperator, QuotaSpent, TokenRejected
from exporter.reports.table import BY_NAME
from exporter.wechat.replies import OPERATOR_CODES, REACTIONS, is_for_a_person
from tests.prometheus_rules.files import (
    ALERTS,
    FOLDER,
    RULES,
    UNIT_TESTS,
    Mapping,
    alerts,
    recordings,
    rules,
    unit_test_cases,
)
from tests.support import ROOT, tool

TEXTS = ("summary", "summary_zh", "description", "description_zh", "runbook_url")
# What the message adds for an alert that has it.
FACTS = ("day", "sources", "pages", "reports", "code")
RUNBOOKS = {
    "alerts.md": ("Means", "Computed", "Do", "Lies"),
    "alerts.zh-CN.md": ("含义", "算法", "处理", "误报"),
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Of Prometheus itself, beside what the exporter describes.
FOREIGN_NAMES = {"up", "ALERTS"}
FOREIGN_LABELS = {"job", "instance", "pod", "alertname"}
NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_:]*")
QUOTED = re.compile(r'"[^"]*"' + r"|'[^']*'")
LABEL_LISTS = re.compile(r"\b(?:on|ignoring|by|without|group_left|group_right)\s*\(([^)]*)\)")
SELECTORS = re.compile(r"\{([^{}]*)\}")
WORDS = {
    "abs", "and", "avg_over_time", "changes", "clamp", "clamp_min", "count", "days_in_month",
    "floor", "group_left", "ignoring", "max", "max_over_time", "offset", "on", "or",
    "quantile_over_time", "scalar", "sum", "time", "unless", "vector", "without",
}  # fmt: skip


def expressions() -> list[str]:
    return [str(rule["expr"]) for path in (RULES, ALERTS) for rule in rules(path)]


def identity(rule: Mapping) -> str:
    return f"{rule['alert']}-{rule['labels']['severity']}"


def codes_in(alert: Mapping) -> set[str]:
    selected = re.findall(r'code=~?"([^"]+)"', alert["expr"])
    return {code for codes in selected for code in codes.split("|")}


def run_promtool(*arguments: str) -> None:
    done = subprocess.run(
        [tool("promtool"), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_accepts_the_rules() -> None:
    run_promtool("check", "rules", str(RULES), str(ALERTS))


def test_promtool_accepts_the_example_configuration() -> None:
    run_promtool("check", "config", str(FOLDER / "prometheus.yml"))


@pytest.mark.parametrize("path", UNIT_TESTS, ids=lambda path: path.stem)
def test_promtool_tests_pass(path: Path) -> None:
    run_promtool("test", "rules", str(path))


@pytest.mark.parametrize("alert", alerts(), ids=identity)
def test_every_alert_is_seen_firing_and_not_firing(alert: Mapping) -> None:
    expected = [
        test["exp_alerts"]
        for case in unit_test_cases()
        for test in case.get("alert_rule_test", ())
        if test["alertname"] == alert["alert"]
    ]
    severities = {fired["exp_labels"]["severity"] for each in expected for fired in each}
    assert alert["labels"]["severity"] in severities
    assert [] in expected


@pytest.mark.parametrize("record", sorted({str(rule["record"]) for rule in recordings()}))
def test_every_recording_rule_is_tested_or_is_a_threshold_in_use(record: str) -> None:
    if record.startswith("wxa:threshold:"):
        assert any(f"scalar({record})" in expression for expression in expressions())
    else:
        queries = [
            query["expr"]
            for case in unit_test_cases()
            for query in case.get("promql_expr_test", ())
        ]
        assert any(record in query for query in queries)


@pytest.mark.parametrize("alert", alerts(), ids=identity)
def test_every_alert_speaks_both_languages_and_names_its_runbook(alert: Mapping) -> None:
    assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    assert alert["labels"]["category"] in {"pipeline", "business"}
    texts = alert["annotations"]
    assert set(TEXTS) <= set(texts) <= {*TEXTS, *FACTS}
    for name in ("summary", "description"):
        assert CHINESE.search(texts[f"{name}_zh"])
    assert not CHINESE.search(texts["summary"])
    anchor = alert["alert"].lower()
    assert texts["runbook_url"] == f"docs/alerts.md#{anchor}"


@pytest.mark.parametrize(("page", "words"), RUNBOOKS.items())
def test_the_runbook_explains_every_alert_and_none_that_is_gone(
    page: str, words: tuple[str, ...]
) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^#|\Z)", text, re.DOTALL | re.MULTILINE))
    assert set(sections) == {alert["alert"] for alert in alerts()}
    for name, section in sections.items():
        assert [word for word in words if f"**{word}**" not in section] == [], name


def test_every_metric_and_label_in_an_expression_exists() -> None:
    metrics = {each.name for each in described()} | FOREIGN_NAMES
    labels = {label for each in described() for label in each.labels} | FOREIGN_LABELS
    recorded = {rule["record"] for rule in recordings()}
    for expression in expressions():
        text = QUOTED.sub('""', expression)
        used = {
            label.strip()
            for found in LABEL_LISTS.findall(text)
            for label in found.split(",")
            if label.strip()
        }
        for selector in SELECTORS.findall(text):
            used |= set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
        assert used <= labels, expression
        bare = LABEL_LISTS.sub("", SELECTORS.sub("", text))
        # Durations such as 168h begin with a digit, so they are no names.
        names = set(NAME.findall(re.sub(r"\b\d\w*", "", bare)))
        assert names - WORDS <= metrics | recorded, expression


def test_every_report_and_call_in_an_expression_exists() -> None:
    for expression in expressions():
        for report in re.findall(r'report="(\w+)"', expression):
            assert report in BY_NAME, expression
    # The rules tell a report's period by its name.
    for name, report in BY_NAME.items():
        prefix = name.partition("_")[0]
        assert report.period == {"weekly": "week", "monthly": "month"}.get(prefix, "day")


def test_the_alerts_sort_wechats_codes_as_the_exporter_does() -> None:
    named = {alert["alert"]: codes_in(alert) for alert in alerts() if codes_in(alert)}
    needs_person = {
        str(code)
        for code, reaction in REACTIONS.items()
        if (reaction.error is NeedsOperator and not reaction.report_only)
        or reaction.error is TokenRejected
    }
    assert named == {
        "WxaOperatorNeeded": needs_person | OPERATOR_CODES,
        "WxaPermissionMissing": {
            str(code) for code, reaction in REACTIONS.items() if reaction.report_only
        },
        "WxaQuotaSpent": {
            str(code) for code, reaction in REACTIONS.items() if reaction.error is QuotaSpent
        },
    }
    assert all(map(is_for_a_person, named["WxaOperatorNeeded"] | named["WxaPermissionMissing"]))
    assert not any(map(is_for_a_person, named["WxaQuotaSpent"] | {"timeout", "-1", "http_503"}))


def test_the_catch_all_leaves_out_what_an_alert_claims_by_code() -> None:
    (catch_all,) = (alert for alert in alerts() if alert["alert"] == "WxaReportFailing")
    (names,) = re.findall(r'alertname=~"([^"]+)"', catch_all["expr"])
    before = alerts()[: alerts().index(catch_all)]
    # Rules of a group are evaluated in their order, so that ALERTS is up to date.
    assert names.split("|") == [alert["alert"] for alert in before if codes_in(alert)]


def test_the_message_shows_every_fact() -> None:
    template = (FOLDER / "wxa.tmpl").read_text(encoding="utf-8")
    for name in FACTS:
        assert f".Annotations.{name} }}}}" in template


@pytest.mark.parametrize("page", RUNBOOKS)
def test_the_runbook_says_what_to_do_about_every_code(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for alert in alerts():
        for code in codes_in(alert):
            assert code in text


def test_thresholds_stand_in_their_group_alone() -> None:
    thresholds = [rule for rule in recordings() if rule["record"].startswith("wxa:threshold:")]
    assert all(rule["expr"].startswith("vector(") for rule in thresholds)
    assert len({rule["record"] for rule in thresholds}) == len(thresholds)
    for alert in alerts():
        expression = re.sub(r"\[\w+\]|offset \w+", "", QUOTED.sub('""', alert["expr"]))
        numbers = set(re.findall(r"(?<![\w.])\d[\d.]*", expression))
        # States are 0 or 1, and 3600 makes seconds of hours.
        assert numbers <= {"0", "1", "3600"}, expression
