"""A day in words and numbers, for those who read a message instead of a dashboard."""

from exporter.digest.numbers import Digest, digest_of
from exporter.digest.phrases import Language
from exporter.digest.words import Form, worded

__all__ = ["Digest", "Form", "Language", "digest_of", "worded"]
