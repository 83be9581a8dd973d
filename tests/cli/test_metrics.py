"""metrics: the list, printed."""

import json

from exporter.describe import as_json, as_markdown
from tests.cli.running import wxa


def test_markdown_is_what_it_prints_by_itself() -> None:
    done = wxa("metrics")
    assert (done.returncode, done.stdout, done.stderr) == (0, as_markdown(), "")
    assert wxa("metrics", "--format", "markdown").stdout == done.stdout


def test_json_is_for_programs() -> None:
    done = wxa("metrics", "--format=json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == json.loads(as_json())


def test_another_format_is_refused() -> None:
    done = wxa("metrics", "--format=xml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'xml' is not one of 'markdown', 'json'" in done.stderr
