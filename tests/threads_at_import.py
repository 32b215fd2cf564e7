"""Leaves threads behind when it is imported: an OpenMP pool, Python's own, or a brief one."""

import os
import threading

HOW = os.environ.get("PARETUNE_TEST_THREADS", "")

if HOW == "openmp":
    import numpy as np
    from sklearn.cluster import KMeans

    KMeans(2, n_init=1).fit(np.random.default_rng(0).normal(size=(2000, 4)))
elif HOW == "python":
    threading.Thread(target=threading.Event().wait, daemon=True, name="loader").start()
elif HOW == "brief":
    threading.Timer(0.1, lambda: None).start()


def cluster(params, context):
    """Hangs in a fork of a process that has run OpenMP."""
    import numpy as np
    from sklearn.cluster import KMeans

    KMeans(2, n_init=1).fit(np.random.default_rng(0).normal(size=(2000, 4)))
    return {"accuracy": 1.0}


def count(params, data):
    if not any(thread.name == "counter" for thread in threading.enumerate()):
        threading.Thread(target=threading.Event().wait, daemon=True, name="counter").start()
    return {"parameters": 1}


def trainable_that_counts():
    from paretune.trainables import Stage, Trainable

    return Trainable(
        "counts", (Stage("train", lambda params, context: {"accuracy": 1.0}),), count=count
    )


counts = trainable_that_counts()
