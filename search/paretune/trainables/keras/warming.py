"""What every trial on a GPU pays alike, before it has one: TensorFlow's context and libraries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from paretune.trainables.keras.framework import begin_on_gpus, tf

_SIDE, _CHANNELS, _BATCH = 8, 4, 2


def warm_up(devices: Sequence[str], table: Mapping[str, Any]) -> None:
    """Begin on the GPUs and have each load what it computes with. Raises DeviceError."""
    begin_on_gpus(devices)
    for index in range(len(devices)):
        exercise(f"/gpu:{index}")


def exercise(device: str) -> float:
    """One step of a tiny network there, forwards and backwards; returns its loss.

    Convolutions and products of matrices load cuDNN and cuBLAS. Nothing of it stays: a training
    seeds every generator and makes its own variables.
    """
    with tf.device(device):
        images = tf.ones((_BATCH, _SIDE, _SIDE, 1))
        kernel = tf.Variable(tf.ones((3, 3, 1, _CHANNELS)))
        head = tf.Variable(tf.ones((_CHANNELS, 2)))
        with tf.GradientTape() as tape:
            hidden = tf.reduce_mean(tf.nn.relu(tf.nn.conv2d(images, kernel, 1, "SAME")), (1, 2))
            loss = tf.reduce_sum(tf.square(tf.matmul(hidden, head)))
        for gradient in tape.gradient(loss, [kernel, head]):
            gradient.numpy()  # waits for it
        return float(loss)
