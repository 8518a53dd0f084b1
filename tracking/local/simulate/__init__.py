"""Simulated couriers and lockers: whole lives of parcels, told in the carriers' own formats."""
