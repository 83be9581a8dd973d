"""Samples -> the bytes that scrapes are answered with."""

from exporter.exposition.own import joined, text_of
from exporter.exposition.pages import Body, Format, Page
from exporter.exposition.store import Exposition

__all__ = ["Body", "Exposition", "Format", "Page", "joined", "text_of"]
