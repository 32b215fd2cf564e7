"""The study: its storage and folder, its records, and the loop that asks, runs and tells."""
