"""Ways to reach a person. Each hands one message to somebody else and says how that ended."""
