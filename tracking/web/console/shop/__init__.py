"""What a shop and its operator set, in the console: each page by the same code as its command."""
