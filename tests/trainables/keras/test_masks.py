"""Which weights stay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

pytestmark = pytest.mark.tensorflow


@settings(max_examples=60, deadline=None)
@given(
    sizes=arrays(
        np.float32, st.integers(1, 60), elements=st.sampled_from([0, 0.5, 1, 1.5, 1e-30, 3e38])
    ),
    share=st.floats(0, 0.999),
    where=st.sampled_from(["cpu", "gpu", "gpu, large"]),
)
def test_the_threshold_is_that_of_a_sort(sizes: np.ndarray, share: float, where: str) -> None:
    """All ways to find it keep what sorting keeps: the k largest, and whatever equals the last."""
    from paretune.trainables.keras import masks
    from paretune.trainables.keras.framework import tf

    weights = sizes * np.where(np.arange(len(sizes)) % 2, -1, 1).astype(np.float32)
    count = int(max(np.round(len(sizes) * (1 - share)), 1))
    threshold = np.sort(sizes)[::-1][count - 1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(masks, "_LARGE", 0 if where == "gpu, large" else 60)
        shares = tf.constant(share, tf.float64)
        kept = masks.largest(tf.constant(weights), shares, on_gpu=where != "cpu").numpy()
    assert np.array_equal(kept, (sizes >= threshold).astype(np.float32))


def test_of_equal_weights_two_of_four_are_kept() -> None:
    """Ties do not keep more or fewer: the first of equals stay."""
    from paretune.trainables.keras.framework import tf
    from paretune.trainables.keras.masks import largest_of_four

    weights = np.ones((8, 3), np.float32)
    weights[4:, 1] = 0
    kept = largest_of_four(tf.constant(weights)).numpy()
    assert kept.tolist() == ([[1] * 3] * 2 + [[0] * 3] * 2) * 2


@pytest.mark.parametrize("on_gpu", [False, True])
@pytest.mark.parametrize("removed", [1, 100, 144, 230, 287])
def test_masks_are_those_of_tfmot(removed: int, on_gpu: bool) -> None:
    """Found without sorting, they keep what tfmot's own pruning keeps."""
    weights = np.random.default_rng(removed).normal(size=(3, 3, 4, 8)).astype(np.float32)
    sparsity = removed / weights.size
    from paretune.trainables.keras.framework import tf, tfmot
    from paretune.trainables.keras.masks import largest
    from tensorflow_model_optimization.python.core.sparsity.keras.pruning_impl import Pruning

    kernel = tf.Variable(weights)
    theirs = Pruning(
        lambda: 1, [], tfmot.sparsity.keras.ConstantSparsity(sparsity, 0), (1, 1), "AVG"
    )._update_mask(kernel)[1]
    assert np.array_equal(largest(tf.identity(kernel), sparsity, on_gpu=on_gpu), theirs)
