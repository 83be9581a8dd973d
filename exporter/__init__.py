"""Prometheus exporter for the data analysis of WeChat Mini Programs (微信小程序)."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("wxa-exporter")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+unknown"
