"""How busy the devices were, in words: of a whole study, and where most was wasted and why."""

from __future__ import annotations

from paretune.measure.devices import CPU_KIND
from paretune.money.device_use import DeviceUse
from paretune.money.ledger import LOST, Ledger
from paretune.report.labels import number

_TRAINING = {
    True: "its steps wait: a smaller gpu_count, or data that is prepared before the training",
    False: "its steps wait for the host: larger batches, more steps in a call, or data that is "
    "kept on the device",
}
# By phase: what it waits for, and what helps.
_CURES = {
    "start": "processes start and import: a trainable's `warm_up` has the next one ready before "
    "its lease; a framework that is imported at the top of the module is imported once",
    "data": "data is loaded: a trainable's `prepare` loads it once, before any trial",
    "setup": "graphs are built and compiled: fewer different batch sizes and widths, longer "
    "trainings",
    "store": "stages are copied, or another trial's is waited for: a store on a faster disk, fewer "
    "drivers at a time",
    "evaluate": "models are scored on the host: a stage of its own with `device=False` does that "
    "once the devices are given back",
    "other": "trials clear up behind them: do less at the end of a training",
    LOST: "attempts were killed from outside: `paretune trials` tells by what",
}
_HOST_STAGES = (
    "it works on the host: a stage with `device=False` does that once the devices are given back"
)


def busy_sentence(use: DeviceUse | None, device_kind: str) -> str | None:
    """'the GPU was busy for 71 % of what was paid'; None where that is not known."""
    if use is None or use.share is None:
        return None
    devices = "the cores were" if device_kind == CPU_KIND else "the GPU was"
    return f"{devices} busy for {100 * use.share:.0f} % of what was paid"


def waste_sentence(ledger: Ledger) -> str | None:
    """Where most device-seconds were idle, and what to do; None where hardly any were."""
    phase = ledger.largest_waste
    if phase is None:
        return None
    use = ledger.use_by_phase[phase]
    return (
        f"largest waste: {number(use.idle_seconds)} idle gpu_seconds of {phase}, which is busy for "
        f"{100 * (use.share or 0.0):.0f} %: {_cure(phase, ledger.device_kind)}"
    )


def _cure(phase: str, device_kind: str) -> str:
    on_cores = device_kind == CPU_KIND
    if phase in _CURES:
        return _CURES[phase]
    if phase in ("quantize", "convert") and not on_cores:
        return _HOST_STAGES
    return _TRAINING[on_cores]
