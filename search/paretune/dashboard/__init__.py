"""optuna-dashboard: what it shows of a study beside Optuna's own."""
