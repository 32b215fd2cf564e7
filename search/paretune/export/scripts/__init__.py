"""Programs that are written into an export and run without this package."""
