"""The child's side of a trial: a warm parent that has imported the framework, and its forks.

The engine never imports this package; it starts `python -m paretune.worker.warm_parent` and talks
to it in JSON lines over a socket (`paretune.execute.warm_client` has the other end).
"""
