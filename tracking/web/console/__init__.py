"""The console of support: pages for people who have logged in."""
