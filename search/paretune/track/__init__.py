"""Trackers that people already have: every ended trial as a run of MLflow's or of W&B's."""
