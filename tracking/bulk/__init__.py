"""Many parcels registered at once from a table that somebody made in a spreadsheet."""
