"""The pipeline's alerts in a year of usual mornings, and whether each of them can be found."""

import random
import re
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import yaml

from bench.table import BenchError, Row
from exporter.periods import Window
from exporter.reports.table import REPORTS

APPS, DAYS = 3, 365
FIRST = date(2026, 1, 1)
# Hours of Beijing's day; Prometheus looks every hour.
EARLIEST, LATEST, STEP_HOURS = 8.0, 15.0, 1


def pipeline_rows(rules: Sequence[Path], folder: Path) -> Iterator[Row]:
    """False alarms in usual mornings; and the unit tests, which have a case for each alert."""
    false = _fired(rules, folder)
    yield Row(
        "pipeline alerts in a year of usual mornings",
        f"{false}",
        f"{APPS} apps, {DAYS} days, published between {EARLIEST:g} and {LATEST:g} o'clock",
        aim="0",
        met=false == 0,
    )
    tests = sorted((rules[0].parent / "tests").glob("*.yml"))
    done = subprocess.run(
        ["promtool", "test", "rules", *map(str, tests)], capture_output=True, check=False
    )
    alerts = [
        rule["alert"]
        for group in yaml.safe_load(rules[1].read_text())["groups"]
        if group["name"] == "wxa-pipeline"
        for rule in group["rules"]
    ]
    found = {
        test["alertname"]
        for path in tests
        for case in yaml.safe_load(path.read_text())["tests"]
        for test in case.get("alert_rule_test", ())
        if test["exp_alerts"]
    }
    passed = done.returncode == 0 and found >= set(alerts)
    yield Row(
        "pipeline alerts found with their cause", f"{len(found & set(alerts))} of "
        f"{len(set(alerts))}", "the rules' unit tests", aim="all", met=passed,
    )  # fmt: skip


def _fired(rules: Sequence[Path], folder: Path) -> int:
    file = folder / "pipeline.yml"
    looks = DAYS * 24 // STEP_HOURS
    series = [
        {"series": name, "values": values} for app in range(APPS) for name, values in _series(app)
    ]
    # Time 0 of promtool is 1970: what is shown is told as seconds since this year began.
    case = {
        "interval": f"{STEP_HOURS}h",
        "input_series": series,
        "promql_expr_test": [
            {
                "expr": 'count_over_time(ALERTS{alertstate="firing", category="pipeline"}[400d])',
                "eval_time": f"{looks * STEP_HOURS}h",
            },
            {"expr": "vector(1)", "eval_time": "0h"},
        ],
    }
    groups = [g["name"] for path in rules for g in yaml.safe_load(path.read_text())["groups"]]
    groups.sort(key=lambda name: (name != "wxa-thresholds", name == "wxa-business"))
    file.write_text(
        yaml.safe_dump(
            {
                "rule_files": list(map(str, rules)),
                "evaluation_interval": f"{STEP_HOURS}h",
                "group_eval_order": groups,
                "tests": [case],
            },
            width=10**9,
        )
    )
    done = subprocess.run(
        ["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    told = done.stdout + done.stderr
    # The second question has an answer always: without it promtool judged nothing.
    if "vector(1)" not in told:
        raise BenchError(f"promtool judged nothing: {told[:500]}")
    return len(re.findall(r"{[^}]*alertname=[^}]*}", told))


def _series(app: int) -> Iterator[tuple[str, str]]:
    draw = random.Random(f"mornings {app}")  # noqa: S311 - numbers to measure with
    labels = f'app="app-{app}",instance="e:10868",job="wxa"'
    looks = DAYS * 24 // STEP_HOURS
    yield f'up{{instance="e:10868",job="wxa-{app}"}}', f"1+0x{looks}"
    # In the year 1970, whose days are counted as those of FIRST's year are.
    shift = int(datetime(FIRST.year, 1, 1, tzinfo=UTC).timestamp())
    hours = [draw.uniform(EARLIEST, LATEST) for _ in range(DAYS + 2)]
    for report in REPORTS:
        if not report.by_default:
            continue
        values = []
        for look in range(looks):
            hour = look * STEP_HOURS + 8
            today = FIRST + timedelta(days=hour // 24)
            window = Window.newest_over(report.period, today)
            published = hour % 24 >= hours[hour // 24] or window.shifted(1).first_day < today
            shown = window if published else window.shifted(-1)
            values.append(shown.start_timestamp - shift)
        name = f'wxa_data_period_start_timestamp_seconds{{{labels},report="{report.name}"}}'
        yield name, " ".join(map(str, values))
        yield f'wxa_exporter_report_success{{{labels},report="{report.name}"}}', f"1+0x{looks}"
    for name, value in (
        ("wxa_exporter_config_last_reload_successful", 1),
        ("wxa_exporter_archive_writable", 1),
    ):
        yield f'{name}{{instance="e:10868",job="wxa-{app}"}}', f"{value}+0x{looks}"
