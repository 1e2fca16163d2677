"""From profiles to trees, tables and measurements. Pure."""
