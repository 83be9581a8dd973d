"""The example Alertmanager configuration: who hears of what, and nothing secret in it."""

import re
import subprocess

import pytest

from tests.prometheus_rules.files import FOLDER, Mapping, alerts, read
from tests.support import tool

CONFIG = FOLDER / "alertmanager.yml"


def amtool(*arguments: str) -> str:
    done = subprocess.run([tool("amtool"), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_amtool_accepts_it() -> None:
    assert "SUCCESS" in amtool("check-config", str(CONFIG))


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: f"{alert['alert']}")
def test_business_goes_to_operations_and_the_pipeline_to_whoever_is_on_call(alert: Mapping) -> None:
    labels = [f"{name}={value}" for name, value in alert["labels"].items()]
    receiver = amtool("config", "routes", "test", f"--config.file={CONFIG}", *labels)
    expected = {"business": "operations", "pipeline": "on-call"}
    assert receiver == expected[alert["labels"]["category"]]


def test_business_waits_for_working_hours_in_china_and_nothing_else_does() -> None:
    config = read(CONFIG)
    assert "active_time_intervals" not in config["route"]
    (business,) = config["route"]["routes"]
    assert business["active_time_intervals"] == ["working-hours"]
    (hours,) = config["time_intervals"]
    assert hours["name"] == "working-hours"
    assert {interval["location"] for interval in hours["time_intervals"]} == {"Asia/Shanghai"}


def test_inhibitions_name_alerts_that_exist() -> None:
    names = {alert["alert"] for alert in alerts()}
    for rule in read(CONFIG)["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            for name in re.findall(r"Wxa\w+", matcher):
                assert name in names


def test_every_receiver_reaches_wecom_mail_and_a_webhook_in_both_directions() -> None:
    for receiver in read(CONFIG)["receivers"]:
        assert set(receiver) == {"name", "wechat_configs", "email_configs", "webhook_configs"}
        for kind in ("wechat_configs", "email_configs", "webhook_configs"):
            assert all(each["send_resolved"] for each in receiver[kind])


def test_placeholders_are_obvious_and_lead_nowhere() -> None:
    config = read(CONFIG)
    for name, value in config["global"].items():
        assert "REPLACE" in value or name == "smtp_auth_password_file"
    for receiver in config["receivers"]:
        assert "REPLACE" in receiver["webhook_configs"][0]["url"]
        assert "REPLACE" in receiver["email_configs"][0]["to"]
    hosts = re.findall(r"https?://([^/\s]+)|(\S+):587", CONFIG.read_text(encoding="utf-8"))
    real = {"qyapi.weixin.qq.com"}  # in a comment, as what to write
    assert {name.removeprefix("smtp_smarthost: ") for pair in hosts for name in pair if name} <= {
        "REPLACE.invalid",
        *real,
    }
