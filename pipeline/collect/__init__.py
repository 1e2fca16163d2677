"""Gathering runs: processes, HTTP, clocks. Writes a run directory in one rename."""
