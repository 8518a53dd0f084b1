"""Who works in the console: passwords, second factors, sessions, and the log of what they saw."""
