"""One configuration of a study, taken away: its settings, its model, its card."""
