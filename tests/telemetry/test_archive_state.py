"""What is known of the archive, and which passes begin before their time for it."""

import pytest

from exporter.errors import ArchiveError
from exporter.telemetry import ArchiveState, Telemetry, new_telemetry
from tests.collect.world import lines
from tests.logged import logged
from tests.support import own_text

GAUGE = "wxa_exporter_archive_writable"


class Disk:
    """One that can be full."""

    full = False

    def check(self) -> None:
        if self.full:
            raise ArchiveError("the disk is full")


@pytest.fixture
def telemetry() -> Telemetry:
    return new_telemetry()


def test_what_cannot_be_read_is_told_once_and_begins_a_pass_when_it_can(
    telemetry: Telemetry,
) -> None:
    state = ArchiveState(telemetry, Disk().check)
    with logged() as log:
        state.not_read("no such table")
        state.not_read("no such table")
        assert state.failure == "no such table"
        assert lines(own_text(telemetry), GAUGE) == [f"{GAUGE} 0.0"]
        assert (state.read(), state.read()) == (True, False)
    assert log.getvalue().count("values not refreshed") == 1
    assert log.getvalue().count("values refreshed again") == 1
    assert state.failure == ""
    assert lines(own_text(telemetry), GAUGE) == [f"{GAUGE} 1.0"]


def test_a_start_tells_whether_it_can_be_written(telemetry: Telemetry) -> None:
    disk = Disk()
    state = ArchiveState(telemetry, disk.check)
    state.begun()
    assert lines(own_text(telemetry), GAUGE) == [f"{GAUGE} 1.0"]
    assert state.failure == ""
    disk.full = True
    state.begun()
    assert lines(own_text(telemetry), GAUGE) == [f"{GAUGE} 0.0"]
    assert state.failure == "the disk is full"


def test_what_can_be_read_again_and_not_written_stays_a_failure(telemetry: Telemetry) -> None:
    disk = Disk()
    state = ArchiveState(telemetry, disk.check)
    state.not_read("no such table")
    disk.full = True
    with pytest.raises(ArchiveError):
        state.read()
    assert state.failure == "no such table"
    disk.full = False
    assert state.read()


def test_one_pass_begins_before_its_time_after_one_that_could_not_write(
    telemetry: Telemetry,
) -> None:
    disk = Disk()
    state = ArchiveState(telemetry, disk.check)
    disk.full = True
    state.passed("the disk is full")
    assert (state.read(), state.failure) == (False, "the disk is full")
    disk.full = False
    assert (state.read(), state.failure) == (True, "")
    # The pass that began meets a disk that takes something small and no reply.
    state.passed("the disk is full")
    assert (state.read(), state.failure) == (False, "the disk is full")
    state.passed(None)
    state.passed("the disk is full")
    assert state.read()
