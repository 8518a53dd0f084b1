"""Decisions about parcels: pure functions of what is known and of `now`. No I/O."""
