"""Whether XLA compiles a training's steps.

XLA takes seconds to compile a step of one shape, and saves launches. Measured on an H200 with the
bundled network at batch 128: 4 s, and 2.07 ms of each 2.37 ms step together with spans. On CPU
cores the compiled step is 2 to 14 times slower; with replicas it cannot assign variables.
"""

from __future__ import annotations

from paretune.trainables.keras.framework import TrainingSession
from paretune.trainables.keras.max_pooling import has_other_pooling
from paretune.trainables.keras.network import Model

_COMPILE_SECONDS = 4.0
_SAVED_SECONDS = 2.07e-3  # a step


def is_worth_compiling(session: TrainingSession, steps: int) -> bool:
    """Do `steps` steps earn the compilation back? From their number alone, never from a clock:
    compiled or not, the last digits differ, and the same trial has to give the same figures.
    """
    on_one_gpu = session.on_gpu and session.strategy is None
    return on_one_gpu and steps * _SAVED_SECONDS >= _COMPILE_SECONDS


def can_be_compiled(model: Model) -> bool:
    """XLA has no deterministic gradient of max pooling, and trials must repeat. For the pooling of
    images there is one of our own (`max_pooling`); with any other a network trains uncompiled.
    """
    return not has_other_pooling(model)
