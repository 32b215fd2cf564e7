"""The Python API: a study described in Python, run, loaded, and what came of it.

Its public names are those of `paretune` itself. The command line is built on it.
"""
