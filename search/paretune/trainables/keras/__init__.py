"""Keras networks: the stages of training and compression."""
