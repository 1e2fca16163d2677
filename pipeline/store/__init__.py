"""Runs, records, locks and configuration on disk."""
