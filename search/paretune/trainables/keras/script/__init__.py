"""`train.py` of an export: the chain of stages written out for one configuration."""
