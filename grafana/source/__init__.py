"""The one source of all dashboards: `python -m grafana.source` writes grafana/dashboards/."""
