"""Words and dates in the languages of those who read them: shared by the pages and the notices."""
