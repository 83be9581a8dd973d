"""HTTP: scrapes, health, reload, and the page for people."""
