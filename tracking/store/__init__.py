"""The only code that runs SQL. A method has the name of its query."""
