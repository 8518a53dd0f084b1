"""Texts for SMS: alphabets, segments, spelling, and the numbers that may be written to."""
