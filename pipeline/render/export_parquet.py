"""Rows as a Parquet file, by Polars.

Rules: the columns of `export_rows`; texts as strings, ``value`` as a 64-bit float. The same rows give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from pipeline.render.export_rows import COLUMNS, Row


def rows_parquet(rows: Sequence[Row]) -> bytes:
    """Write rows as Parquet, compressed with Zstandard."""
    import polars as pl

    columns = {
        name: pl.Series(
            name,
            [float(row.value) if name == "value" else getattr(row, name) for row in rows],
            dtype=pl.Float64 if name == "value" else pl.String,
        )
        for name in COLUMNS
    }
    out = io.BytesIO()
    pl.DataFrame(columns).write_parquet(out, compression="zstd")
    return out.getvalue()
