"""The ledger: every device-second of a study, whatever its end, by trial, by phase, by end.

The total is the sum of the trials' bills, to the last digit; the phases are the same seconds cut
another way. Core-seconds of stages that hold no GPU are paid beside them, and are no part of any of
these sums. Start-up of the search itself holds no device, and stands beside it in wall seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from paretune.measure import Measurement
from paretune.money.device_use import DeviceUse, largest_waste
from paretune.spec.prices import Prices
from paretune.trial.outcome import Status
from paretune.trial.record import TrialRecord

LOST = "lost"  # the phase of attempts that came to nothing
RUNNING = "running"


@dataclass(frozen=True)
class LedgerEntry:
    """One trial's bill."""

    number: int
    status: str  # "running" for one that has not ended
    gpu_seconds: float
    energy_j: float | None


@dataclass(frozen=True)
class Ledger:
    """What a study has cost so far. Dollars are None where the device has no price."""

    device_kind: str
    entries: Sequence[LedgerEntry]
    gpu_seconds: float
    energy_j: float | None  # None where one trial's could not be measured
    dollars: float | None
    by_phase: Mapping[str, float]  # GPU-seconds, the dearest first
    by_status: Mapping[str, float]  # GPU-seconds, the dearest first
    worth_gpu_seconds: float  # of the completed configurations, had nothing been shared
    start_seconds: float = 0.0  # wall seconds in which the search itself started up
    wall_seconds: float = 0.0  # in which at least one driver was at work
    stored_gib: float = 0.0  # what the study keeps on disk
    storage_dollars_a_month: float | None = None
    egress_dollars: float | None = None  # of sending the files of the front to their users once
    core_seconds: float = 0.0  # on CPU cores beside GPUs, by stages that need none
    use_by_phase: Mapping[str, DeviceUse] = field(default_factory=dict)  # where it is known
    use: DeviceUse | None = None  # of all of it; None where too much is not known

    @classmethod
    def of(
        cls,
        trials: Iterable[TrialRecord],
        device_kind: str,
        prices: Prices,
        *,
        running: Mapping[int, Measurement] | None = None,
        start_seconds: float = 0.0,
        wall_seconds: float = 0.0,
        stored_gib: float = 0.0,
        front_gib: float = 0.0,
    ) -> Ledger:
        """`running`: what trials that have not ended have come to, by number."""
        entries, phases, by_end = [], dict[str, float](), dict[str, float]()
        total, worth, cores, energy = 0.0, 0.0, 0.0, []
        use: dict[str, DeviceUse] = {}
        every: list[Measurement] = []
        for trial in trials:
            spent, parts = _bill(trial, running or {})
            every += parts.values()
            status = RUNNING if trial.status is None else trial.status.value
            entries.append(LedgerEntry(trial.number, status, spent.gpu_seconds, spent.energy_j))
            total += spent.gpu_seconds
            cores += spent.core_seconds
            if spent.gpu_seconds > 0:
                energy.append(spent.energy_j)
            by_end[status] = by_end.get(status, 0.0) + spent.gpu_seconds
            for name, part in parts.items():
                phases[name] = phases.get(name, 0.0) + part.gpu_seconds
                use[name] = use.get(name, DeviceUse()) + DeviceUse.of(part, device_kind)
            if trial.status is Status.COMPLETED:
                worth += trial.cost.gpu_seconds
        priced = bool(prices.storage_gib_month or prices.egress_gib)
        return cls(
            device_kind=device_kind,
            entries=entries,
            gpu_seconds=total,
            energy_j=_sum(energy),
            dollars=prices.dollars(total, device_kind),
            by_phase=_dearest_first(phases),
            by_status=_dearest_first(by_end),
            worth_gpu_seconds=worth,
            start_seconds=start_seconds,
            wall_seconds=wall_seconds,
            stored_gib=stored_gib,
            storage_dollars_a_month=stored_gib * prices.storage_gib_month if priced else None,
            egress_dollars=front_gib * prices.egress_gib if priced else None,
            core_seconds=cores,
            use_by_phase={name: one for name, one in use.items() if one.share is not None},
            use=DeviceUse.whole(every, device_kind),
        )

    @property
    def largest_waste(self) -> str | None:
        """The phase in which most device-seconds were paid and idle; None where hardly any were."""
        ended = {name: use for name, use in self.use_by_phase.items() if name != RUNNING}
        return largest_waste(ended, self.gpu_seconds)

    def to_json(self) -> dict[str, Any]:
        """For `paretune cost --format json`."""
        told = asdict(self)
        del told["use"], told["use_by_phase"]
        return {
            **told,
            "busy_share": None if self.use is None else self.use.share,
            "busy_share_by_phase": {name: use.share for name, use in self.use_by_phase.items()},
            "largest_waste": self.largest_waste,
        }


def _bill(
    trial: TrialRecord, running: Mapping[int, Measurement]
) -> tuple[Measurement, dict[str, Measurement]]:
    """What a trial has paid: in all, and by phase."""
    spent, parts = trial.spent, dict(trial.phases)
    if trial.status is None:
        spent = running.get(trial.number, Measurement())
        parts = {RUNNING: spent}
    if trial.lost is not None:
        parts[LOST] = trial.lost
    return spent, parts


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def _dearest_first(amounts: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(amounts.items(), key=lambda item: -item[1]))
