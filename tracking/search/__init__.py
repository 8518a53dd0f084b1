"""Any parcel in a moment: by number, order, person or place. People are found by keyed hashes."""
