"""A whole study of the PyTorch example, read back from its storage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from paretune.measure import Measurement
from paretune.measure.devices import Device
from paretune.spec.study_spec import StudySpec
from paretune.study.observer import Silent, StudyState
from paretune.study.run_study import run_study
from paretune.study.storage.load_study import load_study
from paretune.trial.outcome import Status

from gpu_checks.tally import Check, check_nvml, processes

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAME = "gpu-check"
# Learns the digits on any machine, whatever else the sampler tries.
BASELINE = {"learning_rate": 0.01, "batch_size": 64, "hidden": 256, "epochs": 5, "gpu_count": 1}
TRAINED_BYTES = 16  # a parameter's under Adam: itself, its gradient and two moments


class Leases(Silent):
    """Watches a study for a device that two trials hold at once."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__()
        self.ids = set(ids)
        self.ended = self.together = 0
        self.used: set[str] = set()
        self.wrong: list[str] = []

    def finished(self, record, state: StudyState) -> None:
        self.ended += 1

    def tick(self, state: StudyState) -> None:
        held = Counter(device for trial in state.running for device in trial.devices)
        self.used |= set(held)
        self.together = max(self.together, len(state.running))
        if set(held) - self.ids or max(held.values(), default=0) > 1:
            self.wrong.append(str(dict(held)))


def check_study(check: Check, devices: Sequence[Device], folder: Path, trials: int) -> None:
    """A whole study of the PyTorch example: what its storage says when it is over."""
    changes = ["sampler.name=cost_aware", "sampler.seed=0", f"budget.trials={trials}"]
    spec = StudySpec.load(str(EXAMPLES / "torch_study.toml"), changes)
    spec = replace(spec, name=NAME, baselines=(BASELINE,))
    url = f"sqlite:///{folder / 'studies.db'}"
    leases = Leases([device.id for device in devices])
    print(f"\nA study of {trials} trials by {spec.sampler.name}")
    summary = run_study(spec, storage_url=url, observer=leases)
    study = load_study(NAME, url)
    for record in study.records:
        accuracy = record.metrics.get("accuracy", float("nan"))
        error = record.error or ""
        print(
            f"     trial {record.number}: {record.status}, accuracy {accuracy:.3f}, "
            f"{record.cost} {error}"
        )
    statuses = Counter(str(record.status) for record in study.records)
    check(
        len(study.records) == leases.ended == trials,
        f"trials: {len(study.records)} stored, {leases.ended} seen to end, {trials} asked for",
    )
    expected = {str(Status.COMPLETED), str(Status.DIVERGED)}
    check(
        set(statuses) <= expected and statuses[str(Status.COMPLETED)] > 0,
        f"how they ended: {dict(statuses)}, of {sorted(expected)}",
    )
    check(study.device_kind == devices[0].kind, f"the study's devices: {study.device_kind}")
    best = max((record.metrics.get("accuracy", 0.0) for record in study.front), default=0.0)
    check(best > 0.9, f"the front has {len(study.front)} trials; best accuracy {best:.3f} > 0.9")
    completed = [record for record in study.records if record.status is Status.COMPLETED]
    for record in completed:
        cost, needed = record.cost, record.metrics["parameters"] * TRAINED_BYTES / 2**20
        count = record.params["gpu_count"]
        check(
            0 < cost.gpu_seconds <= count * cost.wall_seconds + 1e-6,
            f"trial {record.number}: {cost.gpu_seconds:.3f} GPU-seconds, at most {count} x "
            f"{cost.wall_seconds:.3f} s",
        )
        check(
            (cost.peak_memory_mib or 0.0) >= needed,
            f"trial {record.number}: peak {cost.peak_memory_mib} MiB, at least the {needed:.1f} "
            f"MiB of its {record.metrics['parameters']:.0f} parameters in training",
        )
    spent = sum(record.spent.gpu_seconds for record in study.records)
    room = len(devices) * summary.state.wall_seconds
    check(0 < spent <= room, f"all trials paid {spent:.2f} GPU-seconds; there were {room:.2f}")
    told = summary.state.spent_gpu_seconds
    check(abs(told - spent) < 1e-6, f"the loop's own account: {told:.2f} against {spent:.2f}")
    check(
        not leases.wrong,
        f"leases: {len(leases.used)} of {len(devices)} devices used, at most {leases.together} "
        f"trials together; held twice or unknown: {leases.wrong or 'none'}",
    )
    predicted = [record for record in study.records if record.prediction is not None]
    check(len(predicted) == trials, f"{len(predicted)} of {trials} trials had a prediction")
    check(not processes(), f"processes left behind: {processes() or 'none'}")
    check_nvml(check, "the study", Measurement.total(r.spent for r in study.records))
