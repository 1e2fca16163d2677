"""The `profbook` command."""
