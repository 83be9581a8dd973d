"""Dated samples: every number on the day it belongs to, for /history and `export`."""

from exporter.history.query import EARLIEST, Asked, BadQuestion, day
from exporter.history.write import DatedSamples

__all__ = ["EARLIEST", "Asked", "BadQuestion", "DatedSamples", "day"]
