"""Alerts reach whoever looks after an app, by the rule that the docs give."""

import json
import re
from pathlib import Path

import pytest

from tests.prometheus_rules.test_rules import run_promtool
from tests.support import ROOT

YAML = re.compile(r"^```yaml\n(groups:.*?)^```", re.DOTALL | re.MULTILINE)
DOWN = 'ALERTS{alertname="WxaVisitorsDown", alertstate="%s", severity="warning", app="%s"}'


@pytest.mark.parametrize("page", ["discovery.md", "discovery.zh-CN.md"])
def test_an_alert_that_fires_is_said_again_with_the_label_of_its_app(
    page: str, tmp_path: Path
) -> None:
    (found,) = YAML.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))
    (tmp_path / "merchants.yml").write_text(found)
    series = {
        # Two replicas tell of the same app.
        'wxa_app_info{app="shop", appid="wx1", merchant="acme", instance="a"}': "1x9",
        'wxa_app_info{app="shop", appid="wx1", merchant="acme", instance="b"}': "1x9",
        'wxa_app_info{app="cafe", appid="wx2"}': "1x9",
        DOWN % ("firing", "shop"): "1x9",
        DOWN % ("pending", "shop"): "1x9",
        DOWN % ("firing", "cafe"): "1x9",
        'ALERTS{alertname="WxaExporterDown", alertstate="firing", severity="critical"}': "1x9",
    }
    labels = {"alert": "WxaVisitorsDown", "severity": "warning", "app": "shop", "merchant": "acme"}
    case = {
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [
            {
                "eval_time": "5m",
                "alertname": "WxaOfMerchant",
                "exp_alerts": [
                    {
                        "exp_labels": labels,
                        "exp_annotations": {"summary": "WxaVisitorsDown: shop (acme)"},
                    }
                ],
            }
        ],
    }
    (tmp_path / "test.yml").write_text(
        json.dumps({"rule_files": ["merchants.yml"], "tests": [case]})
    )
    run_promtool("test", "rules", str(tmp_path / "test.yml"))
