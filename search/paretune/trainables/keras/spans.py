"""Many training steps in one call: a loop inside the graph over a span of batches.

A call from Python costs a step of a narrow network as much as its arithmetic does, on a GPU many
times as much. So rates, rules and the check of the loss are in the graph, and the images lie where
they are used: on a GPU all of them, once, if they fit; else those of a span, sent with it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from paretune.data.split import Split
from paretune.trainables.keras.framework import TrainingSession, tf, tf_keras
from paretune.trainables.keras.max_pooling import repeatable_pooling
from paretune.trainables.keras.network import Model, gives_probabilities
from paretune.trainables.keras.weight_rule import WeightRule

_RESIDENT_BYTES = 2 << 30  # of images on a GPU; more are sent span by span
_SENT_BYTES = 4 << 20  # images of a span that are sent; copied twice on their way
_MOST_STEPS = 500  # of a span: more save nothing, and a process is asked to stop between two


class Spans:
    """Trains `model` on batches of `train`, each replica on its `share` of every batch.

    `compiled`: by XLA, once for all spans, since all have one shape.
    """

    def __init__(
        self,
        model: Model,
        optimizer: Any,
        train: Split,
        share: int,
        *,
        session: TrainingSession,
        rule: WeightRule,
        changing_rate: bool,
        compiled: bool,
    ) -> None:
        self._model, self._optimizer, self._rule = model, optimizer, rule
        self._share, self._session = share, session
        self._train = train
        self._changing_rate = changing_rate
        batch = share * session.replicas
        self._resident = None
        self._length = min(max(len(train) // batch, 1), _MOST_STEPS)
        if session.on_gpu and train.images.nbytes <= _RESIDENT_BYTES:
            self._resident = self._placed(train.images), self._placed(train.labels)
        else:
            step_bytes = batch * train.images[0].nbytes
            self._length = min(max(_SENT_BYTES // step_bytes, 1), self._length)
        signature = None
        if session.strategy is None:
            signature = [
                tf.TensorSpec((None, *train.images.shape[1:]), train.images.dtype),
                tf.TensorSpec((None,), tf.int32),
                tf.TensorSpec((self._length, batch), tf.int32),
                tf.TensorSpec((self._length,), tf.float32),
                tf.TensorSpec((self._length,), tf.float64),
                tf.TensorSpec((), tf.int32),
            ]
        self._call = tf.function(
            self._span, input_signature=signature, autograph=False, jit_compile=compiled or None
        )
        if signature is not None:
            with repeatable_pooling(model) if compiled else contextlib.nullcontext():
                self._call.get_concrete_function()

    def run(
        self,
        order: np.ndarray,  # (steps, batch) indices into the training images
        rates: np.ndarray,  # (steps,) float32
        settings: np.ndarray,  # (steps,) float64, of the rule
    ) -> np.ndarray:  # (up to steps,) float32
        """Train on these batches. Returns the losses, of which only the last may be not finite:
        there the training has ended.
        """
        losses: list[np.ndarray] = []
        for part in self._parts(len(order)):
            rows, count = order[part], part.stop - part.start
            found, reached = self._call(
                *self._images_of(rows),
                tf.constant(_padded(self._positions(rows), self._length)),
                tf.constant(_padded(rates[part], self._length)),
                tf.constant(_padded(settings[part], self._length)),
                tf.constant(count, tf.int32),
            )
            losses.append(found.numpy()[: int(reached)])
            if not np.isfinite(losses[-1][-1]):
                break
        return np.concatenate(losses)

    def _parts(self, steps: int) -> Iterator[slice]:
        for start in range(0, steps, self._length):
            yield slice(start, min(start + self._length, steps))

    def _images_of(self, rows: np.ndarray) -> tuple[Any, Any]:
        if self._resident is not None:
            return self._resident
        chosen = np.zeros(self._length * rows.shape[1], dtype=rows.dtype)  # one shape for all spans
        chosen[: rows.size] = rows.ravel()
        return self._placed(self._train.images[chosen]), self._placed(self._train.labels[chosen])

    def _positions(self, rows: np.ndarray) -> np.ndarray:
        """Where a span's images are among those that the graph is given."""
        if self._resident is not None:
            return rows.astype(np.int32)
        return np.arange(rows.size, dtype=np.int32).reshape(rows.shape)

    def _placed(self, values: np.ndarray) -> Any:
        """The values on every device that computes."""
        if self._session.strategy is None:
            return tf.constant(values)
        strategy = self._session.strategy

        def placed(replica: Any) -> Any:
            with tf.device(strategy.extended.worker_devices[replica.replica_id_in_sync_group]):
                return tf.constant(values)

        return strategy.experimental_distribute_values_from_function(placed)

    def _span(
        self, images: Any, labels: Any, order: Any, rates: Any, settings: Any, count: Any
    ) -> tuple[Any, Any]:
        """Traced. Losses of the first `count` steps, and how many there were."""
        losses = tf.TensorArray(tf.float32, size=self._length, element_shape=())

        def step(index: Any, losses: Any, last: Any) -> tuple[Any, Any, Any]:
            if self._changing_rate:
                self._optimizer.learning_rate.assign(rates[index])
            token = self._rule.enter(settings[index])
            loss = self._step(images, labels, order[index])
            self._rule.leave(token)
            return index + 1, losses.write(index, loss), loss

        reached, losses, _ = tf.while_loop(
            lambda index, losses, last: (index < count) & tf.math.is_finite(last),
            step,
            (tf.constant(0), losses, tf.constant(0.0)),
            parallel_iterations=1,
        )
        return losses.stack(), reached

    def _step(self, images: Any, labels: Any, positions: Any) -> Any:
        """One update from the images at these positions. Returns the mean loss."""
        strategy = self._session.strategy
        if strategy is None:
            return self._replica(images, labels, positions)

        def part(images: Any, labels: Any) -> Any:
            index = tf.distribute.get_replica_context().replica_id_in_sync_group
            mine = tf.reshape(positions, (self._session.replicas, self._share))[index]
            return self._replica(images, labels, mine)

        loss = strategy.run(part, args=(images, labels))
        return strategy.reduce(tf.distribute.ReduceOp.MEAN, loss, axis=None)

    def _replica(self, images: Any, labels: Any, positions: Any) -> Any:
        variables = self._model.trainable_variables
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(variables)
            inputs = tf.cast(tf.gather(images, positions), tf.float32)
            outputs = self._model(inputs, training=True)
            loss = mean_loss(tf.gather(labels, positions), outputs, self._model)
            # The optimizer sums gradients over the replicas.
            scaled = loss / self._session.replicas
        gradients = tape.gradient(scaled, variables)
        self._optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return loss


def mean_loss(labels: Any, outputs: Any, model: Model) -> Any:
    """Mean cross-entropy of a batch in float32, with what the network's own regularizers add."""
    from_logits = not gives_probabilities(model)
    if outputs.dtype != tf.float32:
        # As Keras does by itself in float32: from a softmax's logits, which is the stable way.
        logits = getattr(outputs, "_keras_logits", None)
        from_logits = from_logits or logits is not None
        outputs = tf.cast(outputs if logits is None else logits, tf.float32)
    loss = tf.reduce_mean(
        tf_keras.losses.sparse_categorical_crossentropy(labels, outputs, from_logits=from_logits)
    )
    if model.losses:
        loss += tf.add_n([tf.cast(each, tf.float32) for each in model.losses])
    return loss


def _padded(values: np.ndarray, length: int) -> np.ndarray:
    rest = [(0, length - len(values)), *[(0, 0)] * (values.ndim - 1)]
    return np.pad(values, rest)
