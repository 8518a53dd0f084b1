"""Decides what to say to the shopper, words it, sends it; remembers nothing."""
