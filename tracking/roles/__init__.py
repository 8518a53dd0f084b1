"""Composition: which parts make up each role. The only place, with the CLI, that knows them all."""
