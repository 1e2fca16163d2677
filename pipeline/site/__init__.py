"""Building the site: engine, stamping, assets, the swap."""
