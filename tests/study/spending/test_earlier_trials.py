"""Which earlier trials teach a new study: those of the same code and data that fit its space."""

from __future__ import annotations

from dataclasses import replace

import pytest
from paretune.measure.devices import CPU_KIND
from paretune.predict.prediction_guard import PredictionGuard
from paretune.space.search_space import Space
from paretune.spec.study_spec import StudySpec
from paretune.study.observer import Silent
from paretune.study.run_study import run_study
from paretune.study.spending.earlier_trials import is_alike
from paretune.study.storage.load_study import load_study
from paretune.study.stored_trials import study_marks
from paretune.trial.prediction import Observation
from small_study import small_spec

CODE = {"code": "1234", "data": "abcd"}


def spec_of(folder, space, name="new", trainable="train:train", **more):
    """A study whose space is given as a table."""
    folder.mkdir(exist_ok=True)
    lines = []
    for parameter, entry in space.items():
        lines.append(f"[{parameter}]")
        for key, value in entry.items():
            shown = str(value).lower() if isinstance(value, bool) else repr(value)
            lines.append(f"{key} = {shown}")
    (folder / "space.toml").write_text("\n".join(lines))
    table = {
        "name": name,
        "space": "space.toml",
        "trainable": trainable,
        "objectives": {"accuracy": "maximize", "gpu_seconds": "minimize"},
        "budget": {"trials": 9},
        **more,
    }
    return StudySpec.from_table(table, str(folder / "study.toml"), folder)


def attributes(spec, code=None):
    stored = {study_marks.SPEC: spec.to_json(), study_marks.DEVICE_KIND: CPU_KIND}
    return stored | ({study_marks.CODE: code} if code else {})


X = {"x": {"type": "float", "low": 0.0, "high": 1.0}}


def test_two_folders_with_the_same_names_teach_each_other_nothing(tmp_path):
    """Each has a space.toml and a train:train; only the same folder, or the same code, is alike."""
    one, other = (spec_of(tmp_path / name, X) for name in ("a", "b"))
    assert not is_alike(attributes(one), other)
    assert is_alike(attributes(one), one)
    assert is_alike(attributes(one, CODE), other, CODE)


def test_other_code_or_data_is_another_content(tmp_path):
    """In the same folder, too: an edited trainable costs something else."""
    spec = spec_of(tmp_path / "a", X)
    assert is_alike(attributes(spec, CODE), spec, CODE)
    assert not is_alike(attributes(spec, CODE), spec, {**CODE, "code": "5678"})
    assert not is_alike(attributes(spec, CODE), spec, {**CODE, "data": "efgh"})
    assert not is_alike(attributes(spec), spec_of(tmp_path / "a", X, data={"rows": 9}))


def test_other_parameters_are_another_content(tmp_path):
    """A space with a parameter more or less; a range that was widened is the same."""
    spec = spec_of(tmp_path / "a", X)
    more = spec_of(tmp_path / "a", {**X, "y": {"choices": [1, 2]}})
    wider = spec_of(tmp_path / "a", {"x": {"type": "float", "low": 0.0, "high": 9.0}})
    assert not is_alike(attributes(spec), more)
    assert is_alike(attributes(spec), wider)


def test_a_bundled_trainable_is_the_same_everywhere(tmp_path):
    """Unless its version is known to be another one."""
    one, other = (spec_of(tmp_path / name, X, trainable="cnn") for name in ("a", "b"))
    assert is_alike(attributes(one), other)
    assert not is_alike(attributes(one, CODE), other, {**CODE, "code": "5678"})


PAIRS = {
    "a word where numbers are": (
        {"choices": [4, 8, "auto"]},
        {"choices": [4, 8, 16]},
        {4: True, 8: True, "auto": False},
    ),
    "a zero where logarithms are": (
        {"choices": [0, 4, 8]},
        {"choices": [2, 4, 8]},
        {0: False, 4: True, 8: True},
    ),
    "words where a range is": (
        {"choices": ["low", "high"]},
        {"type": "float", "low": 0.0, "high": 1.0},
        {"low": False, "high": False},
    ),
    "a range of another size": (
        {"type": "int", "low": 0, "high": 10**8},
        {"type": "float", "low": 0.0, "high": 1.0},
        {0: True, 1: True, 5: False, 10**8: False},
    ),
}


@pytest.mark.parametrize(("_before", "now", "fits"), PAIRS.values(), ids=PAIRS)
def test_only_values_of_the_space_teach(_before, now, fits):
    """Of a space that was edited, what is still in it; and a prediction comes of that."""
    space = Space.from_json({"bits": now}, "now")
    known = [Observation({"bits": value}, {"train": 1.0 + i}) for i, value in enumerate(fits)]
    taught = [o for o in known if space.holds(o.params)]
    assert [o.params["bits"] for o in taught] == [value for value, inside in fits.items() if inside]
    guard = PredictionGuard()
    predictor = guard.learn(space, 1, [], taught)
    assert predictor.observations == len(taught)


@pytest.mark.parametrize(("before", "now", "fits"), PAIRS.values(), ids=PAIRS)
def test_even_what_does_not_fit_ends_no_study(before, now, fits):
    """Were it let in after all, it would cost the prediction and nothing else."""
    known = [Observation({"bits": value}, {"train": 1.0 + i}) for i, value in enumerate(fits)]
    for space in (Space.from_json({"bits": before}, "old"), Space.from_json({"bits": now}, "now")):
        guard = PredictionGuard()
        predictor = guard.learn(space, 1, known, known)
        for value in fits:
            prediction = guard.predict(predictor, {"bits": value})
            assert prediction.figures["gpu_seconds"].median > 0


def test_an_edited_space_under_another_name_runs(tmp_path):
    """The whole way: a study, its space edited, a second one, and the first one again."""
    url = f"sqlite:///{tmp_path}/studies.db"
    folder = tmp_path / "study"
    first = '[bits]\nchoices = [4, 8, "auto"]\n[x]\ntype = "float"\nlow = 0.0\nhigh = 1.0\n'
    for name, space, trials in (
        ("a", first, 4),
        ("b", first.replace('"auto"', "16"), 3),
        ("a", first, 5),
    ):
        spec = replace(
            small_spec(folder, space=space, trials=trials, sampler="cost_aware"), name=name
        )
        run_study(spec, storage_url=url, observer=Silent())
        ended = load_study(name, url).records
        assert sum(record.values is not None for record in ended) == trials
