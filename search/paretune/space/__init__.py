"""The search space: parameters, conditions between them, points."""
