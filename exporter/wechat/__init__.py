"""WeChat's API: tokens, calls, and what its error codes ask us to do."""
