"""A trial's parameters, complete."""

from paretune.trial.configuration import Configuration


def test_fixed_parameters_are_part_of_it():
    """What [train] fixes is there for every trial, and what was sampled is kept apart."""
    made = Configuration({"lr": 0.1, "epochs": 4}, {"gpu_count": 2})
    assert made.params == {"gpu_count": 2, "lr": 0.1, "epochs": 4}
    assert made.sampled == {"lr": 0.1, "epochs": 4}
    assert (made.gpu_count, made.epochs) == (2, 4)


def test_what_nobody_names_has_a_default():
    """One device, and no epochs where a trainable has none."""
    made = Configuration({})
    assert (made.gpu_count, made.epochs) == (1, None)
