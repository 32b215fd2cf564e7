"""A configuration as an export keeps it, with figures that no decimal writes exactly."""

from __future__ import annotations

from paretune.export.exported_config import ExportedConfiguration, SplitScore

CONFIGURATION = ExportedConfiguration(
    study="digits",
    trial=3,
    trainable="cnn",
    seed=7,
    device_kind="cpu-core",
    data={"source": "digits"},
    train={"learning_rate": 0.1 + 0.2, "optimizer": "adam", "flag": True, "bits": 4},
    objectives={"accuracy": "maximize"},
    measured={"accuracy": 1 / 3, "gpu_seconds": 1e-7},
    phases={"train": {"gpu_seconds": 12.5}},
    test=SplitScore(accuracy=2 / 3, loss=0.1, images=3),
    versions={"numpy": "2"},
)
