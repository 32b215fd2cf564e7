"""What is written for optuna-dashboard, and when."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import optuna
from optuna_dashboard import get_note
from paretune.dashboard.publish import publish, publish_note
from paretune.dashboard.study_note import study_note
from paretune.dashboard.trial_note import LEFT
from paretune.optuna_internals import open_trial
from shown_studies import shown


def test_publishing_again_replaces_the_note(made_study: optuna.Study, storage_url: str) -> None:
    """A shorter note leaves nothing of the longer one behind."""
    study = shown(storage_url)
    publish_note(made_study, replace(study, front=list(study.front) * 40))
    smaller = replace(study, front=[])
    publish_note(made_study, smaller)
    assert get_note(made_study) == study_note(smaller)


def test_publishing_what_is_there_writes_nothing(
    made_study: optuna.Study, storage_url: str
) -> None:
    """Keeping the dashboard current costs what has changed."""
    study = shown(storage_url)
    assert publish(made_study, study) > 10
    assert publish(made_study, study) == 0


def test_trial_that_leaves_the_front_says_so(made_study: optuna.Study, storage_url: str) -> None:
    """Its note does not go on claiming its place."""
    study = shown(storage_url)
    publish(made_study, study)
    publish(made_study, replace(study, front=study.front[:2]))
    notes = [get_note(open_trial(made_study, trial)) for trial in made_study.get_trials()]
    assert "On the front" in notes[1]
    assert notes[2] == LEFT
    assert notes[3] == ""


def test_publishing_leaves_the_driver_small(made_study: optuna.Study, storage_url: str) -> None:
    """All is written without the dashboard: its libraries are as large as the driver."""
    code = (
        "import sys\n"
        "from paretune.study.dashboard_note import curves_of\n"
        "from paretune.study.storage.load_study import load_study\n"
        "from paretune.dashboard.publish import publish\n"
        "from paretune.dashboard.shown_study import ShownStudy\n"
        "loaded = load_study(*sys.argv[1:])\n"
        "shown = ShownStudy(loaded.spec, loaded.device_kind, loaded.records, loaded.front)\n"
        "publish(loaded.study, shown)\n"
        "print([m for m in ('pandas', 'sklearn', 'plotly', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, made_study.study_name, storage_url],
        env={"PYTHONPATH": ":".join(sys.path), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
    assert "## Pareto front" in get_note(made_study)
