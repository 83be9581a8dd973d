"""All words of the dashboards, in both languages."""
