"""The configuration file: its models, and reading it whole or refusing it whole."""

from exporter.config.encryption import Encryption, open_keys
from exporter.config.lists import AppUrl, Defaults
from exporter.config.load import load, parse
from exporter.config.models import (
    Api,
    App,
    Archive,
    Collect,
    Config,
    History,
    Pages,
    Portrait,
    TokenKind,
    Web,
)

__all__ = [
    "Api",
    "App",
    "AppUrl",
    "Archive",
    "Collect",
    "Config",
    "Defaults",
    "Encryption",
    "History",
    "Pages",
    "Portrait",
    "TokenKind",
    "Web",
    "load",
    "open_keys",
    "parse",
]
