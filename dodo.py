"""The graph of this checkout: everything users have, plus the developer's tasks."""
