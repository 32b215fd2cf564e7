"""The bill: every second once, in GPU-seconds, dollars and joules."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from paretune.measure import Measurement, cost_of
from paretune.money.ledger import Ledger
from paretune.spec.prices import Prices
from paretune.trial.outcome import Status


@dataclass
class Trial:
    number: int
    status: Status | None = Status.COMPLETED
    phases: dict[str, Measurement] = field(default_factory=dict)
    lost: Measurement | None = None

    @property
    def spent(self) -> Measurement:
        total = Measurement.total(self.phases.values())
        return total if self.lost is None else total + self.lost

    @property
    def cost(self) -> Measurement:
        return cost_of(self.phases)


def seconds(value, joules=None):
    return Measurement(gpu_seconds=value, energy_j=joules)


def used(paid, cpu):
    return Measurement(gpu_seconds=paid, cpu_seconds=cpu)


TRIALS = [
    Trial(0, phases={"start": seconds(0.1, 1.0), "train": seconds(3.0, 30.0)}),
    Trial(1, phases={"train": seconds(1.7, 17.0)}, lost=seconds(0.4, 4.0)),
    Trial(2, Status.OUT_OF_MEMORY, {"train": seconds(0.3, 3.0)}),
    Trial(3, Status.SKIPPED),
]


def test_every_second_counts_once():
    """Completed, failed and lost attempts add up to the trials' own sum, to the last digit."""
    ledger = Ledger.of(TRIALS, "cpu-core", Prices())
    assert ledger.gpu_seconds == sum(trial.spent.gpu_seconds for trial in TRIALS)
    assert ledger.by_phase == pytest.approx({"train": 5.0, "lost": 0.4, "start": 0.1})
    assert ledger.by_status == pytest.approx({"completed": 5.2, "out_of_memory": 0.3, "skipped": 0})
    assert list(ledger.by_phase) == ["train", "lost", "start"]
    assert ledger.energy_j == pytest.approx(55.0)
    assert ledger.worth_gpu_seconds == pytest.approx(4.7)


def test_how_busy_the_devices_were():
    """By phase, where it is known; lost attempts and trials that run have phases of their own."""
    trials = [
        Trial(0, phases={"start": used(1.0, 0.1), "train": used(4.0, 3.0)}),
        Trial(1, phases={"train": used(4.0, 1.0)}, lost=used(1.0, 0.0)),
        Trial(2, None),
    ]
    ledger = Ledger.of(trials, "cpu-core", Prices(), running={2: used(5.0, 0.0)})
    told = ledger.to_json()
    assert told["busy_share_by_phase"] == {"start": 0.1, "train": 0.5, "lost": 0.0, "running": 0.0}
    assert told["busy_share"] == pytest.approx(4.1 / 15)
    assert told["largest_waste"] == "train"  # what runs has not ended: nothing is said of it
    unknown = Ledger.of(TRIALS, "cpu-core", Prices())
    assert (unknown.use, unknown.use_by_phase, unknown.largest_waste) == (None, {}, None)


def test_core_seconds_stand_beside_the_sum():
    """What ran on a CPU core beside GPUs is named, and is in no sum of GPU-seconds."""
    beside = seconds(1.5, 2.0).off_device()
    ledger = Ledger.of([*TRIALS, Trial(4, phases={"quantize": beside})], "a GPU", Prices())
    assert ledger.core_seconds == 1.5
    assert ledger.gpu_seconds == Ledger.of(TRIALS, "a GPU", Prices()).gpu_seconds
    assert ledger.by_phase["quantize"] == 0


def test_a_running_trial_is_billed_so_far():
    """A trial that has not ended counts with the last reading of its meter."""
    trials = [*TRIALS, Trial(4, None)]
    ledger = Ledger.of(trials, "cpu-core", Prices(), running={4: seconds(2.0)})
    before = Ledger.of(TRIALS, "cpu-core", Prices())
    assert ledger.gpu_seconds == pytest.approx(before.gpu_seconds + 2.0)
    assert ledger.by_status["running"] == 2.0
    assert ledger.energy_j is None  # of one it is not known


def test_money():
    """Device-hours by kind; storage by the month; egress once. No price, no dollars."""
    prices = Prices.from_table({"cpu-core": 0.36, "storage_gib_month": 0.02, "egress_gib": 0.1})
    ledger = Ledger.of(TRIALS, "cpu-core", prices, stored_gib=10.0, front_gib=0.5)
    assert ledger.dollars == pytest.approx(ledger.gpu_seconds * 0.0001)
    assert ledger.storage_dollars_a_month == pytest.approx(0.2)
    assert ledger.egress_dollars == pytest.approx(0.05)
    assert Ledger.of(TRIALS, "NVIDIA H200", prices).dollars is None


def test_prices_of_kinds_alone():
    """Only device kinds have a price per hour; the other keys have meanings of their own."""
    prices = Prices.from_table({"NVIDIA H200": 3.5, "egress_gib": 0.09})
    assert dict(prices.per_hour) == {"NVIDIA H200": 3.5}
    assert prices.dollars(7200, "NVIDIA H200") == pytest.approx(7.0)
    assert prices.dollars(7200, "cpu-core") is None
