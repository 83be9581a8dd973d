"""Something breaks, and the right people read the right text; it is repaired, and they read that.

Everything is real but WeChat, on both sides: a simulator gives the numbers and another little
server takes the messages for 企业微信. Rules and configurations are the repository's, with these
changes and no others: ports; every interval and `for:` a second, because a test cannot wait; the
receivers' addresses; mail left out; and working hours that cover all of the week.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

import pytest
import requests
import yaml

from exporter.clock import SystemClock
from exporter.days import by_weekday
from exporter.periods import Period, Window, beijing_day
from exporter.simulator import Fault, RunningSimulator, SimulatedApp, Simulator
from exporter.simulator.calls import DATACUBE_CALLS
from tests.support import ROOT, eventually, free_port, program, tool

EXAMPLES = ROOT / "prometheus"
EXPORTER = Path(sys.executable).parent / "wxa-exporter"
TREND = "getweanalysisappiddailyvisittrend"
CAFE = "wx00000000000000c3"
PATIENCE = 40

Mapping = dict[str, Any]


class People:
    """Takes what Alertmanager sends: WeCom's API at /cgi-bin/, webhooks at /<receiver>."""

    def __init__(self) -> None:
        self.wecom: list[str] = []
        self.webhooks: list[tuple[str, Mapping]] = []
        people = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({"errcode": 0, "errmsg": "ok", "access_token": "wecom-token"})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path.startswith("/cgi-bin/message/send"):
                    people.wecom.append(body["text"]["content"])
                else:
                    people.webhooks.append((self.path.removeprefix("/"), body))
                self._answer({"errcode": 0, "errmsg": "ok"})

            def _answer(self, content: Mapping) -> None:
                body = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing: the messages themselves are looked at."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def listening(self) -> Iterator["People"]:
        """Answer during the block."""
        thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def told(self, receiver: str, status: str, **labels: str) -> list[Mapping]:
        """The alerts that arrived at a receiver's webhook in that state with those labels."""
        return [
            alert
            for path, body in list(self.webhooks)
            for alert in body["alerts"]
            if path == receiver
            and alert["status"] == status
            and labels.items() <= alert["labels"].items()
        ]


def read(path: Path) -> Mapping:
    content: Mapping = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def write(path: Path, content: Mapping) -> Path:
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def impatient_rules(folder: Path, thresholds: Mapping | None = None) -> None:
    """Copy the rules, each alert after a second, and thresholds changed where they are set."""
    for name in ("wxa.rules.yml", "wxa.alerts.yml"):
        content = read(EXAMPLES / name)
        for rule in (rule for group in content["groups"] for rule in group["rules"]):
            if "for" in rule:
                rule["for"] = "1s"
            if rule.get("record") in (thresholds or {}):
                rule["expr"] = f"vector({(thresholds or {})[rule['record']]})"
        write(folder / name, content)


def prometheus_config(folder: Path, exporter: int, alertmanager: int) -> Path:
    """The example, scraping and evaluating every second."""
    content = read(EXAMPLES / "prometheus.yml")
    content["global"] |= {"scrape_interval": "1s", "evaluation_interval": "1s"}
    targets = {"127.0.0.1:10868": exporter, "127.0.0.1:9093": alertmanager}
    for part in (*content["scrape_configs"], *content["alerting"]["alertmanagers"]):
        for static in part["static_configs"]:
            static["targets"] = [f"127.0.0.1:{targets[target]}" for target in static["targets"]]
    return write(folder / "prometheus.yml", content)


def alertmanager_config(folder: Path, people: People) -> Path:
    """The example, told where people are, sending at once and all week."""
    content = read(EXAMPLES / "alertmanager.yml")
    content["global"]["wechat_api_url"] = f"{people.url}/cgi-bin/"
    content["route"] |= {"group_wait": "1s", "group_interval": "1s"}
    content["time_intervals"][0]["time_intervals"] = [{"location": "Asia/Shanghai"}]
    for receiver in content["receivers"]:
        del receiver["email_configs"]
        receiver["webhook_configs"][0]["url"] = f"{people.url}/{receiver['name']}"
    for name in content["templates"]:
        (folder / name).write_text((EXAMPLES / name).read_text(encoding="utf-8"), encoding="utf-8")
    return write(folder / "alertmanager.yml", content)


def remember_usual_days(config: Path, day: Window) -> None:
    """Archive the day, and the four weeks before it, which tell what is usual on it."""
    span = ("--from", str(day.shifted(-4 * 7).first_day), "--to", str(day))
    subprocess.run(
        [
            str(EXPORTER), "backfill", f"--config.file={config}", *span,
            "--app", "shop", "--report", "daily_visit_trend",
        ],
        check=True, capture_output=True,
    )  # fmt: skip


def ordinary_days(day: Window) -> dict[Any, Any]:
    """The day and the four weeks before it as their weekdays say, whatever holiday it is."""
    days = [day.shifted(-7 * weeks).first_day for weeks in range(5)]
    return {each: by_weekday(each).value for each in days}


@pytest.fixture
def people() -> Iterator[People]:
    with People().listening() as listening:
        yield listening


def test_a_refused_secret_and_lost_visitors_are_told_and_their_end_too(
    tmp_path: Path, people: People
) -> None:
    prometheus, alertmanager = tool("prometheus"), tool("prometheus-alertmanager")
    clock = SystemClock()
    yesterday = Window.newest_over(Period.DAY, beijing_day(clock.now()))
    # Everything is published at midnight, whenever the test runs, and yesterday half stayed away.
    shop, cafe = (
        SimulatedApp(
            appid, "secret", visitors=5000, first_day=yesterday.first_day - timedelta(days=300),
            publishes=dict.fromkeys(DATACUBE_CALLS, 0.0), incident=incident,
        )
        for appid, incident in (("wx00000000000000a1", yesterday.first_day), (CAFE, None))
    )  # fmt: skip
    simulator = Simulator([shop, cafe], clock)
    simulator.faults.add(Fault("errcode", appid=cafe.appid, call="stable_token", code=40125))

    def visitors_on(window: Window) -> int:
        (row,) = simulator.truth(shop.appid, TREND, window, clock.now())["list"]
        return int(row["visit_uv"])

    usual = median(visitors_on(yesterday.shifted(-7 * weeks)) for weeks in range(1, 5))
    now = visitors_on(yesterday)
    days = write(tmp_path / "days.yaml", ordinary_days(yesterday))
    impatient_rules(tmp_path)
    exporter_port, prometheus_port, alertmanager_port = free_port(), free_port(), free_port()

    with ExitStack() as stack:
        wechat = stack.enter_context(RunningSimulator(simulator))
        config = write(tmp_path / "config.yaml", {
            "apps": [
                {"name": "shop", "appid": shop.appid, "secret": shop.secret},
                {"name": "cafe", "appid": cafe.appid, "secret": cafe.secret},
            ],
            "api": {"base_url": wechat.url, "requests_per_second": 1000},
            "archive": {"url": f"sqlite:///{tmp_path / 'archive.db'}"},
            # No pass but at the start and at the reload, whenever the test runs.
            "collect": {"schedule": "0 0 1 1 *"},
            "calendar": {"file": str(days)},
            "web": {"listen_address": f"127.0.0.1:{exporter_port}"},
        })  # fmt: skip
        remember_usual_days(config, yesterday)
        stack.enter_context(
            program(
                alertmanager,
                f"--config.file={alertmanager_config(tmp_path, people)}",
                f"--storage.path={tmp_path / 'alertmanager'}",
                f"--web.listen-address=127.0.0.1:{alertmanager_port}",
                "--cluster.listen-address=",
                log=tmp_path / "alertmanager.log",
            )
        )
        stack.enter_context(
            program(
                str(EXPORTER),
                "serve",
                f"--config.file={config}",
                "--web.enable-lifecycle",
                log=tmp_path / "exporter.log",
            )
        )
        watcher = stack.enter_context(
            program(
                prometheus,
                f"--config.file={prometheus_config(tmp_path, exporter_port, alertmanager_port)}",
                f"--storage.tsdb.path={tmp_path / 'prometheus'}",
                # A reload forgets the Alertmanagers for seconds; what is lost then is sent again.
                "--rules.alert.resend-delay=1s",
                f"--web.listen-address=127.0.0.1:{prometheus_port}",
                log=tmp_path / "prometheus.log",
            )
        )

        def told(receiver: str, status: str, **labels: str) -> list[Mapping]:
            eventually(
                lambda: bool(people.told(receiver, status, **labels)),
                PATIENCE,
                f"{receiver} is told {status} {labels}",
            )
            return people.told(receiver, status, **labels)

        refused = {"alertname": "WxaOperatorNeeded", "app": "cafe", "code": "40125"}
        lost = {"alertname": "WxaVisitorsDown", "app": "shop"}

        (alert, *_) = told("on-call", "firing", **refused)
        assert alert["labels"]["severity"] == "critical"
        assert alert["annotations"]["description_zh"].startswith("AppSecret 错误")
        refused_reports = alert["annotations"]["reports"]
        assert "daily_visit_trend" in refused_reports.split(", ")
        (alert, *_) = told("operations", "firing", **lost)
        assert alert["annotations"]["day"] == str(yesterday)
        change = f"{100 * (now / usual - 1):.4g}%"
        assert alert["annotations"]["summary"] == f"shop: visitors {change} against the usual"

        # The same on a phone, by the template.
        eventually(lambda: len(people.wecom) >= 2, PATIENCE, "both come by WeCom")
        on_phone = "\n".join(people.wecom)
        assert "cafe：微信拒绝访问，错误码 40125，需人工处理\ncafe: WeChat refuses us" in on_phone
        assert f"\n报表 reports: {refused_reports}\n" in on_phone
        assert f"shop：访问人数较通常值 {change}\n" in on_phone
        assert f"数据日期 day: {yesterday}\n" in on_phone
        assert "docs/alerts.md#wxavisitorsdown" in on_phone

        # Nobody is told twice or about anything else that a refused secret brings along.
        assert {alert["labels"]["alertname"] for alert in people.told("on-call", "firing")} == {
            "WxaOperatorNeeded"
        }
        assert not people.told("operations", "firing", app="cafe")

        def look_again() -> None:
            reload = f"http://127.0.0.1:{exporter_port}/-/reload"
            assert requests.post(reload, timeout=10).status_code == 200

        # The secret is right now, and what is wrong next is told instead.
        simulator.faults.clear()
        simulator.faults.add(Fault("errcode", appid=cafe.appid, call="stable_token", code=40164))
        look_again()
        told("on-call", "resolved", **refused)
        (alert, *_) = told("on-call", "firing", **refused | {"code": "40164"})
        assert alert["annotations"]["reports"] == refused_reports

        simulator.faults.clear()
        look_again()
        told("on-call", "resolved", **refused | {"code": "40164"})
        eventually(
            lambda: any("✓ 已恢复 resolved\ncafe：" in text for text in people.wecom),
            PATIENCE,
            "the end of it comes by WeCom",
        )
        assert not people.told("operations", "resolved", **lost)

        # What was lost stays lost for the day, unless one thinks that it is little.
        impatient_rules(tmp_path, {"wxa:threshold:visitors_down": 0.9})
        watcher.send_signal(signal.SIGHUP)
        told("operations", "resolved", **lost)
