"""From groups of measurements to comparisons and verdicts. Pure."""
