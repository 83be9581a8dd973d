"""serve: what it refuses before it begins."""

from pathlib import Path

import pytest

from tests.cli.running import write_config, wxa

REFUSED = "--web.telemetry-path must be a path like /metrics"


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("--web.listen-address=10868", "'--web.listen-address': must look like :10868"),
        ("--web.listen-address=:99999", "'--web.listen-address': must look like :10868"),
        (
            "--web.listen-address=::1:80",
            "'--web.listen-address': an IPv6 address stands in brackets",
        ),
        ("--web.telemetry-path=metrics", REFUSED),
        ("--web.telemetry-path=/", REFUSED),
        ("--web.telemetry-path=/-/ready", REFUSED),
        ("--web.telemetry-path=/history", REFUSED),
        ("--web.telemetry-path=/{x}", REFUSED),
        ("--shard=1", "--shard: shard 1 does not exist: of 1 in all (--total-shards)"),
        ("--shard=web", "--shard: 'web' is no shard: give a number from 0"),
        ("--total-shards=0", "'--total-shards': 0 is not in the range x>=1"),
        ("--web.config.file=web.yml", "web.yml: cannot be read: No such file or directory"),
    ],
)
def test_options_that_cannot_be_used_are_refused_by_name(
    tmp_path: Path, option: str, complaint: str
) -> None:
    path = write_config(tmp_path, "http://127.0.0.1:9")
    done = wxa("serve", f"--config.file={path}", option)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "archive.db").exists()


def test_every_fault_of_the_configuration_is_told_with_exit_2(tmp_path: Path) -> None:
    path = write_config(tmp_path, "127.0.0.1", colect={})
    done = wxa("serve", f"--config.file={path}")
    assert done.returncode == 2
    assert sorted(line.split(": ")[1] for line in done.stderr.splitlines()) == [
        "api.base_url", "colect",
    ]  # fmt: skip
