"""A small study of a trainable that needs no framework, for tests of the loop."""

from pathlib import Path

from paretune.spec.study_spec import StudySpec

TESTS = Path(__file__).parent

STUDY = """
name = "small"
space = "space.toml"
trainable = "faulty:{trainable}"

[objectives]
{objectives}

[budget]
trials = {trials}

[sampler]
name = "{sampler}"
seed = 0

[stopper]
name = "{stopper}"
{more}
"""
OBJECTIVES = 'accuracy = "maximize"\nsize = "minimize"'
# One parameter that matters little, and how long a training is.
LENGTHS = """
[x]
type = "float"
low = 0.0
high = 1.0
[epochs]
type = "int"
low = 1
high = 16
log = true
"""
SPACE = """
[x]
type = "float"
low = 0.0
high = {high}

[gpu_count]
type = "int"
low = 1
high = "devices"
"""


def write_study(
    folder,
    *,
    trainable="steady",
    trials=6,
    sampler="random",
    stopper="none",
    high=1.0,
    more="",
    space=SPACE,
    objectives=OBJECTIVES,
):
    """Write the study and its space into `folder`; returns the study file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "space.toml").write_text(space.replace("{high}", str(high)))
    path = folder / "small.toml"
    path.write_text(
        STUDY.format(
            trainable=trainable,
            trials=trials,
            sampler=sampler,
            stopper=stopper,
            more=more,
            objectives=objectives,
        )
    )
    # The trainables are beside the tests, not beside the study.
    link = folder / "faulty.py"
    if not link.exists():
        link.symlink_to(TESTS / "faulty.py")
    return path


def small_spec(folder, gpu_seconds=None, **options):
    spec = StudySpec.load(str(write_study(folder, **options)))
    return spec.with_budget(gpu_seconds=gpu_seconds)
