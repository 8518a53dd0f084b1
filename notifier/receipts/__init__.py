"""What providers report later: whether a message that they took has arrived."""
