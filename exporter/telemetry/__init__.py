"""What the exporter tells about itself: the list of its metrics, and their values."""

from exporter.telemetry.apps import AppSeries
from exporter.telemetry.archive_state import ArchiveState
from exporter.telemetry.own import OF_APPS, OWN, Own
from exporter.telemetry.telemetry import Telemetry, new_telemetry

__all__ = ["OF_APPS", "OWN", "AppSeries", "ArchiveState", "Own", "Telemetry", "new_telemetry"]
