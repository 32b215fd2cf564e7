"""A running study for whoever watches it: a live screen, a notebook cell, lines of a log."""
