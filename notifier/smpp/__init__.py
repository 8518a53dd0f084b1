"""SMPP 3.4 as a client (ESME): what it says, a line that is bound, and what answers mean."""
