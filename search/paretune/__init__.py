"""Paretune: the training configuration that gives the accuracy you need for the least money."""

__version__ = "0.1.0"
