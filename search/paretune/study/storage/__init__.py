"""A study in its storage: opened, read, written."""
