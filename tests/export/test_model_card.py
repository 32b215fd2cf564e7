"""The card of an export: names and values of the user's are text there, no markup."""

from __future__ import annotations

from paretune.export.exported_config import ExportedConfiguration
from paretune.export.model_card import Interface, model_card
from paretune.trial.outcome import Status
from paretune.trial.record import TrialRecord

CONFIGURATION = ExportedConfiguration(
    study="mine",
    trial=3,
    trainable="mine:train",
    seed=7,
    device_kind="cpu-core",
    data={"path": "a|b"},
    train={"activation": "[/relu] | <b>", "rate": 0.1},
    objectives={"f1[macro]": "maximize"},
    measured={"f1[macro]": 0.5, "gpu_seconds": 1.0},
)
RECORD = TrialRecord(
    number=3,
    status=Status.COMPLETED,
    params={},
    values={"f1[macro]": 0.5},
    feasible=True,
)


def card(interface: Interface | None = None, files: tuple[str, ...] = ("a`b.txt",)) -> str:
    configuration = CONFIGURATION.model_copy(update={"files": files})
    return model_card(configuration, RECORD, interface, completed=5)


def test_no_value_breaks_a_table() -> None:
    """Every row of a table has as many cells as its head, bars in values escaped."""
    for block in card().split("\n\n"):
        rows = [line for line in block.splitlines() if line.startswith("|")]
        assert len({line.replace(r"\|", "").count("|") for line in rows}) <= 1
    assert r"\[/relu\] \| &lt;b>" in card()
    assert "`f1[macro]`" in card()
    assert "``a`b.txt``" in card()


def test_every_file_that_is_there_is_told_and_no_other() -> None:
    """What is ours with what it is for; without a model nothing is said of how to ask it."""
    alone = card()
    assert "It has left no `model.tflite`" in alone
    assert "predict.py" not in alone
    text = card(Interface((8, 8, 1), "float32", (10,), "float32"), ("model.tflite", "predict.py"))
    assert "- `model.tflite`: the network as it is deployed" in text
    assert "- `predict.py`: asks it" in text
    assert "train.py" not in text
    assert "(n, 8, 8, 1)" in text
