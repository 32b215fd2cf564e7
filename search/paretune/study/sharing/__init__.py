"""Stages that trials have in common: plans, siblings, offers."""
