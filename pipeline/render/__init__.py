"""From values to text: pages, charts, tables, pprof reports. Pure."""
