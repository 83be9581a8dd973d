"""A text in both languages, and where texts stand in a panel."""

from enum import StrEnum
from typing import NamedTuple


class Language(StrEnum):
    """The two languages the dashboards exist in."""

    EN = "en"
    ZH = "zh"


class Text(NamedTuple):
    """The same words in both languages."""

    en: str
    zh: str

    def in_(self, language: Language) -> str:
        """The words in one of them."""
        return self.en if language is Language.EN else self.zh


class Words(NamedTuple):
    """What a panel or a dashboard is called, how it is computed, and when it lies."""

    title: Text
    description: Text
