"""Samples -> the bytes that scrapes are answered with."""

from exporter.exposition.families import escaped
from exporter.exposition.own import AppChunks, joined, text_of
from exporter.exposition.pages import Format, Page, Representation
from exporter.exposition.store import Exposition

__all__ = [
    "AppChunks",
    "Exposition",
    "Format",
    "Page",
    "Representation",
    "escaped",
    "joined",
    "text_of",
]
