"""Samples -> the bytes that scrapes are answered with."""

from exporter.exposition.families import escaped
from exporter.exposition.own import joined, text_of
from exporter.exposition.pages import Body, Format, Page
from exporter.exposition.store import Exposition

__all__ = ["Body", "Exposition", "Format", "Page", "escaped", "joined", "text_of"]
