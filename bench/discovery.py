"""One app more in a list of a thousand, while the exporter serves."""

import json
from collections.abc import Iterator
from pathlib import Path

from bench.apart import SELDOM, apart
from bench.material import REPORT, configuration, fill, made_up_apps, written
from bench.processes import await_ready
from bench.simulated import STRANGERS, simulated
from bench.table import Row, times_cheaper
from bench.timing import shown

APPS, PAGES = 1_000, 28


def run(folder: Path) -> Iterator[Row]:
    """Until it is shown, whom WeChat is asked about, and whose bytes are made anew."""
    fill(folder, APPS, days=3, pages=PAGES)
    listed = folder / "apps.json"
    listed.write_text(json.dumps(made_up_apps(APPS)))
    with simulated(folder, 1, 0.0, (REPORT.name,), days=6) as wechat:
        more = {"app_files": ["apps.json"], "api": {"base_url": wechat.url}}
        content = configuration(folder, [], **more)  # type: ignore[arg-type]
        content["collect"] |= {"schedule": SELDOM}
        with apart(folder, written(folder, content), seconds=120) as exporter:
            quiet = exporter.do("pass")
            before, strange = wechat.calls(), wechat.calls(STRANGERS)
            everything = exporter.do("all")["seconds"]
            new = wechat.apps[0] | {"name": "new"}
            listed.write_text(json.dumps([*made_up_apps(APPS), new]))
            done = exporter.do("look")
            await_ready(exporter.process, exporter.log, lambda: wechat.calls() > before + 1, 0.05)
            exporter.do("pass")
            calls, strange = wechat.calls() - before, wechat.calls(STRANGERS) - strange
    what = f"one app added to {APPS:,}, until it is shown"
    yield times_cheaper(
        what, shown(done["seconds"]), f"showing all anew {shown(everything)}",
        everything / done["seconds"],
    )  # fmt: skip
    yield Row(
        f"calls for it, and for the other {APPS:,}", f"{calls - strange} and {strange}",
        f"a pass with nothing due {shown(quiet['seconds'])}", "", "some and 0",
        calls > 0 and strange == 0,
    )  # fmt: skip
    changed = done["before"] - done["kept"]
    yield Row(
        f"families of the other apps rendered anew, of {done['before']:,}", str(changed), "", "",
        "0", changed == 0,
    )  # fmt: skip
