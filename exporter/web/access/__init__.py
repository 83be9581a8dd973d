"""Who may read this port: the web configuration file in exporter-toolkit's format."""

from exporter.web.access.policy import Policies, Policy

__all__ = ["Policies", "Policy"]
