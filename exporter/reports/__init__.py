"""What WeChat's replies mean: the table of reports, and reading a body by it."""
