"""What is due, asking for it, and keeping the answers."""
