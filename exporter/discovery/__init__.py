"""Apps that files and services name, found anew whenever those lists change."""

from exporter.discovery.discovery import Discovery, listed_in_files
from exporter.discovery.lists import AppList

__all__ = ["AppList", "Discovery", "listed_in_files"]
