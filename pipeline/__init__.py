"""profbook: Go profile runs as evidence you can link to."""

__version__ = "0.1.0"
