"""What is kept of a person: found, handed over, taken out, and looked for afterwards."""
