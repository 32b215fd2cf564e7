from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from paretune.catalog import TRAINABLES, bundled_folder
from paretune.errors import SpecError
from paretune.inputs.tolerance import Tolerance
from paretune.inputs.toml_files import bundled_names
from paretune.spec.study_spec import Budget, SamplerSpec, StudySpec
from paretune.trial.job import Limits

GOOD = """
name = "mine"
space = "cnn"
trainable = "cnn"
[data]
source = "digits"
[train]
warmup = 0.2
[objectives]
accuracy = "maximize"
gpu_seconds = "minimize"
[constraints]
accuracy = ">= 0.9"
peak_memory_mib = "<= 300"
[budget]
trials = 3
[sampler]
seed = 7
[limits]
wall_seconds = 60
[[baseline]]
optimizer = "adam"
"""


def load(folder: Path, text: str, *changes: str) -> StudySpec:
    path = folder / "study.toml"
    path.write_text(text)
    return StudySpec.load(str(path), changes)


def mistakes(folder: Path, text: str, *changes: str) -> tuple[str, ...]:
    with pytest.raises(SpecError) as caught:
        load(folder, text, *changes)
    return caught.value.problems


@pytest.mark.parametrize("name", bundled_names("studies"))
def test_bundled_studies_load(name: str) -> None:
    """Every study file that ships is valid and has the name it is called by."""
    spec = StudySpec.load(name)
    assert spec.name == name
    assert spec.trainable in TRAINABLES


def test_the_articles_point_is_the_first_baseline_of_mnist() -> None:
    """`studies/mnist.toml` is read against the article's configuration, complete."""
    spec = StudySpec.load("mnist")
    point = spec.baselines[0]
    assert point["optimizer"] == "adam"
    assert (point["batch_size"], point["epochs"], point["learning_rate"]) == (128, 5, 0.001)
    assert spec.space.active(point) == tuple(point)
    assert "wall_seconds" in spec.objectives.names


def test_a_study_file_becomes_a_spec(tmp_path: Path) -> None:
    """What the file says is what the spec holds; what it leaves out has defaults."""
    spec = load(tmp_path, GOOD)
    assert spec.objectives.by_name == {"accuracy": "maximize", "gpu_seconds": "minimize"}
    assert [str(c) for c in spec.objectives.constraints] == [
        "accuracy >= 0.9",
        "peak_memory_mib <= 300",
    ]
    assert spec.budget == Budget(gpu_seconds=None, trials=3)
    assert (spec.sampler, spec.stopper) == (SamplerSpec("cost_aware", 7), "front")
    assert spec.limits == Limits(wall_seconds=60.0)
    assert spec.baselines == ({"optimizer": "adam"},)
    assert spec.search_path == str(tmp_path)
    assert "bits" in spec.space.names


def test_a_study_that_names_no_strategy_gets_ours(tmp_path: Path) -> None:
    """A newcomer's study is searched by the cost-aware sampler, and stopped early by the front."""
    spec = load(tmp_path, GOOD.replace("[sampler]\nseed = 7\n", ""))
    assert (spec.sampler, spec.stopper) == (SamplerSpec("cost_aware", None), "front")


def test_json_round_trip_is_complete(tmp_path: Path) -> None:
    """A spec from the storage equals the one from the file, after the file is gone."""
    table = '{ direction = "minimize", tolerance = "3 %" }'
    spec = load(tmp_path, GOOD.replace('gpu_seconds = "minimize"', f"gpu_seconds = {table}"))
    assert spec.objectives.tolerances == {"gpu_seconds": Tolerance(0.03, relative=True)}
    (tmp_path / "study.toml").unlink()
    again = StudySpec.from_json(json.loads(json.dumps(spec.to_json())))
    assert replace(again, space=spec.space) == spec
    assert again.space.parameters == spec.space.parameters


def test_every_mistake_is_listed(tmp_path: Path) -> None:
    """Mistakes in shape, in names, in the space's points and in `--set` come in one list."""
    text = """
name = "a b"
spce = "cnn"
space = "cnn"
trainable = "cnnn"
[train]
epochs = "five"
gpu_count = 0
[objectives]
accuracy = "maximise"
gpu_seconds = "maximize"
gpu_second = "minimize"
[constraints]
accuracy = "= 0.9"
[sampler]
name = "tpee"
sed = 3
[budget]
trials = 0
[limits]
wall_seconds = -1
[[baseline]]
momentum = 0.9
[[baseline]]
batch_size = 8
bitz = 4
"""
    found = mistakes(tmp_path, text, "limits")
    expected = (
        "override limits: write section.key=value",
        'name is "a b": give a name of letters',
        "spce is not known (did you mean space?)",
        'trainable is "cnnn": give one of cnn, keras, or "package.module:function" (did you',
        'train.epochs is "five": give a whole number',
        "train.gpu_count is 0",
        'objectives.accuracy is "maximise": give "maximize" or "minimize" (did you mean maximize?)',
        'objectives.gpu_seconds is "maximize", but is a cost',
        "constraints.accuracy is '= 0.9': write a bound",
        'sampler.name is "tpee": give one of cost_aware',
        "sampler.sed is not known (did you mean seed?)",
        "budget.trials is 0: give a whole number of at least 1",
        "limits.wall_seconds is -1: give a number above 0",
        "baseline.1.momentum is 0.9, but is only searched where",
        "baseline.2.batch_size is 8, outside 32 to 512",
        "baseline.2.bitz is not in the space (did you mean bits?)",
    )
    for start in expected:
        assert any(problem.startswith(start) for problem in found), start
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "mine"', "", "name is missing"),
        ('space = "cnn"', "", "space is missing"),
        ('trainable = "cnn"', "", "trainable is missing"),
        ('trainable = "cnn"', 'trainable = "keras"', "train.keras_model is missing"),
        ('space = "cnn"', 'space = "cmn"', "space cmn: no file at"),
        ("warmup = 0.2", "warmpu = 0.2", "train.warmpu is not known (did you mean warmup?)"),
        ("warmup = 0.2", "warmup = nan", "train.warmup is nan"),
        ("warmup = 0.2", "warmup = 1979-05-27", "train.warmup is 1979-05-27: use strings"),
        ('source = "digits"', 'source = "digit"', "did you mean digits?"),
        ('source = "digits"', 'sources = "digits"', "data.sources is not known (did you mean"),
        ('source = "digits"', "source = 3", "data.source is 3: give a name or a path"),
        ("accuracy = ", "acuracy = ", "objectives.acuracy is not known (did you mean accuracy?)"),
        ("peak_memory_mib", "peak_memory_mb", "constraints.peak_memory_mb is not known"),
        ('accuracy = ">= 0.9"', "accuracy = 0.9", "give a bound in quotes"),
        ("trials = 3", "", "budget is missing"),
        ("trials = 3", "trials = true", "budget.trials is true"),
        ("trials = 3", "gpu_seconds = inf", "budget.gpu_seconds is inf"),
        ("seed = 7", "seed = -1", "sampler.seed is -1"),
        ("[[baseline]]", "[baseline]", "baseline is a table: give tables"),
        ("[train]", "[train.x]", "train.x is not known"),
    ],
)
def test_a_mistake_has_key_value_and_cure(tmp_path: Path, old: str, new: str, message: str) -> None:
    """One wrong line in a good file gives one mistake, about that line."""
    assert old in GOOD
    (problem,) = mistakes(tmp_path, GOOD.replace(old, new, 1))
    assert message in problem


def test_one_to_five_objectives(tmp_path: Path) -> None:
    """No objective and more than five are refused."""
    six = "".join(
        f'{name} = "minimize"\n'
        for name in ("loss", "wall_seconds", "cpu_seconds", "model_kib", "latency_ms")
    )
    for replacement in ("[objectives]\n" + six, "[objectives]\n[unused]\n"):
        text = GOOD.replace("[objectives]\n", replacement)
        assert any("give one to five figures" in p for p in mistakes(tmp_path, text))


def test_a_users_trainable_reports_what_it_likes(tmp_path: Path) -> None:
    """Any metric name and any [train] key is taken, but a misspelt measured figure is not."""
    text = GOOD.replace('trainable = "cnn"', 'trainable = "my_code:train"')
    text = text.replace('source = "digits"', 'folder = "here"\nsource = 3')
    own = text.replace('accuracy = "max', 'test_seconds = "minimize"\nf1 = "max')
    assert load(tmp_path, own).objectives.names[1] == "f1"
    (problem,) = mistakes(tmp_path, text.replace("gpu_seconds", "gpu_second"))
    assert "objectives.gpu_second is not measured (did you mean gpu_seconds?)" in problem


def test_train_fixes_what_the_space_searches(tmp_path: Path) -> None:
    """A searched parameter named in [train] is a constant of the study's space."""
    spec = load(tmp_path, GOOD.replace("warmup = 0.2", "epochs = 12"))
    assert spec.space["epochs"].to_table() == {"choices": [12]}


def test_a_baseline_against_train_is_a_mistake(tmp_path: Path) -> None:
    """Two different values for one parameter in the file are pointed out."""
    text = GOOD.replace("warmup = 0.2", 'optimizer = "sgd"')
    (problem,) = mistakes(tmp_path, text)
    assert 'baseline.1.optimizer is "adam", but train.optimizer = "sgd" fixes it' in problem


def test_set_overrules_baselines(tmp_path: Path) -> None:
    """`--set train.x` is meant for every trial: a baseline's own x gives way."""
    spec = load(tmp_path, GOOD, "train.optimizer=sgd", "train.epochs=1", "sampler.name=nsgaii")
    assert spec.baselines == ({},)
    assert spec.train == {"warmup": 0.2, "optimizer": "sgd", "epochs": 1}
    assert spec.sampler.name == "nsgaii"


def test_paths_are_relative_to_who_wrote_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths in the file count from its folder, paths typed in `--set` from the current one."""
    studies, here = tmp_path / "studies", tmp_path / "here"
    for folder in (studies, here):
        folder.mkdir()
        (folder / "data.npz").write_bytes(b"")
        (folder / "my.toml").write_text(f"[{folder.name}]\nconstant = 1\n")
    text = GOOD.replace('"digits"', '"data.npz"').replace('space = "cnn"', 'space = "my.toml"')
    text = text.partition("[[baseline]]")[0]
    monkeypatch.chdir(here)
    spec = load(studies, text)
    assert spec.data["source"] == str(studies / "data.npz")
    assert spec.space.names == ("studies",)
    spec = load(studies, text, "data.source=data.npz", "space=my.toml")
    assert spec.data["source"] == str(here / "data.npz")
    assert spec.space.names == ("here",)


def test_data_may_be_a_folder_or_a_url(tmp_path: Path) -> None:
    """A folder is made whole like a file; a URL stays as it is."""
    (tmp_path / "pictures").mkdir()
    spec = load(tmp_path, GOOD.replace('"digits"', '"pictures"'))
    assert spec.data["source"] == str(tmp_path / "pictures")
    spec = load(tmp_path, GOOD.replace('"digits"', '"s3://bucket/x.npz"'))
    assert spec.data["source"] == "s3://bucket/x.npz"


@pytest.mark.parametrize("trainable", ["cnn", "mine:train"])
def test_a_credential_in_a_url_is_refused_and_not_repeated(tmp_path: Path, trainable: str) -> None:
    """A study is stored and exported; whatever trains on it."""
    text = GOOD.replace('"digits"', '"https://me:s3cret@host/x.npz"')
    problems = mistakes(tmp_path, text.replace('trainable = "cnn"', f'trainable = "{trainable}"'))
    (problem,) = (line for line in problems if "data.source" in line)
    assert "netrc" in problem
    assert "s3cret" not in "".join(problems)


def test_mistakes_in_the_space_are_told_with_the_study(tmp_path: Path) -> None:
    """The space file's mistakes carry its own place."""
    (tmp_path / "bad.toml").write_text('[x]\ntype = "int"\nlow = 3\nhigh = 1\n')
    (problem,) = mistakes(tmp_path, GOOD.replace('space = "cnn"', 'space = "bad.toml"'))
    assert problem.startswith("space ")
    assert problem.endswith("bad.toml: x.high is 1, below low 3")


def test_a_missing_study_names_the_bundled_ones() -> None:
    """A misspelt study is answered with those there are, in one line."""
    with pytest.raises(SpecError, match=r"bundled studies: .*digits.*did you mean digits\?"):
        StudySpec.load("digts")


def test_a_wrong_override_does_not_hide_the_rest(tmp_path: Path) -> None:
    """A value that is no TOML, and one that does not fit, are both told."""
    found = mistakes(tmp_path, GOOD, "budget.trials=[1", "limits.wall_seconds=long")
    assert "the value is not TOML" in found[0]
    assert found[1].startswith('limits.wall_seconds is "long"')


def test_what_a_spec_writes_is_plain_data(tmp_path: Path) -> None:
    """Everything a spec writes is JSON without NaN, so that any storage can keep it."""
    record: dict[str, Any] = load(tmp_path, GOOD).to_json()
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_bundled_files_are_toml_with_comments() -> None:
    """Every bundled file explains itself in its first line."""
    for kind in ("studies", "spaces"):
        for path in bundled_folder(kind).glob("*.toml"):
            text = path.read_text(encoding="utf-8")
            assert text.startswith("# ")
            assert tomllib.loads(text)


SPACE = """
[space.lr]
type = "float"
low = 0.1
high = 1.0
"""


def own_space(table: str) -> str:
    return GOOD.replace('space = "cnn"\n', "").replace('optimizer = "adam"', "lr = 0.5") + table


def test_a_list_with_a_wrong_entry_is_told(tmp_path: Path) -> None:
    """An entry that cannot be is named by its position, and the rest is still checked."""
    told = mistakes(tmp_path, GOOD + '[warm_start]\nstudies = ["one", ""]\n')
    assert [line.partition(" ")[0] for line in told] == ["warm_start.studies.2"]


def test_a_study_may_hold_its_space_itself(tmp_path: Path) -> None:
    """A study needs no second file: its parameters can stand below [space]."""
    spec = load(tmp_path, own_space(SPACE))
    assert spec.space.names == ("lr",)
    assert StudySpec.from_json(spec.to_json()).space.parameters == spec.space.parameters


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (SPACE.replace("1.0", "0.01"), "space.lr.high is 0.01, below low 0.1"),
        ("[space]\n", "space is empty: give at least one parameter"),
        ("[space]\nlr = 3\n", "space.lr is 3, not a table"),
    ],
)
def test_mistakes_in_a_studys_own_space(tmp_path: Path, table: str, expected: str) -> None:
    """They are named by their key, below `space`."""
    assert any(line.startswith(expected) for line in mistakes(tmp_path, own_space(table)))


def test_a_space_that_is_neither_is_told_once(tmp_path: Path) -> None:
    """A number is no space: one line says what is."""
    told = mistakes(tmp_path, GOOD.replace('space = "cnn"', "space = 5"))
    assert [line for line in told if line.startswith("space")] == [
        "space is 5: give a bundled space, the path of a .toml file, or the parameters themselves"
    ]


def test_a_tolerance_that_is_none_is_told(tmp_path: Path) -> None:
    """With its key and the cure."""
    table = '{ direction = "minimize", tolerance = "little" }'
    text = GOOD.replace('gpu_seconds = "minimize"', f"gpu_seconds = {table}")
    (found,) = mistakes(tmp_path, text)
    assert found.startswith("objectives.gpu_seconds.tolerance is 'little': write a share such as")
