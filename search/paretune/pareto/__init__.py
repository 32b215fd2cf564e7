"""Several objectives at once: dominance, fronts, and the choice of one point."""
