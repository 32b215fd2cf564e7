"""Which parameters an objective depends on: fANOVA over those that vary.

Hutter, Hoos and Leyton-Brown, "An efficient approach for assessing hyperparameter importance",
ICML 2014; a random forest and its variances are Optuna's and scikit-learn's. It takes seconds:
the dashboard's own process asks for it, never a driver.
"""

from __future__ import annotations

import html
import math

import optuna
from optuna.trial import FrozenTrial, TrialState

from paretune.dashboard.graphs import Graph, layout
from paretune.extras import is_installed

_TREES = 32
_LEAST, _MOST = 4, 500  # trials with values: fewer say nothing, of more the newest do


def importances(study: optuna.Study, names: tuple[str, ...]) -> Graph | None:
    """A group of bars for each objective that varies; None where nothing can be said."""
    if not is_installed("sklearn"):
        return None
    completed = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    trials = [trial for trial in completed if all(map(math.isfinite, trial.values))][-_MOST:]
    data, constant = [], []
    for position, name in enumerate(names):
        shares = _shares(trials, position) if len(trials) >= _LEAST else {}
        if not shares:
            constant.append(name)
            continue
        data.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": html.escape(name),
                "x": list(shares.values())[::-1],
                "y": [html.escape(parameter) for parameter in shares][::-1],
            }
        )
    if not data:
        return None
    told = f"; {', '.join(constant)}: does not vary" if constant else ""
    return {
        "data": data,
        "layout": layout(
            f"Share of variance by parameter (fANOVA){told}",
            barmode="group",
            margin={"t": 50, "r": 20, "b": 60, "l": 130},
            xaxis={"range": [0, 1]},
        ),
    }


def _shares(trials: list[FrozenTrial], position: int) -> dict[str, float]:
    """Of the variance of one objective, by parameter, the largest first; {} if it is constant."""
    values = [trial.values[position] for trial in trials]
    if min(values) == max(values):
        return {}
    shared = [name for name in trials[0].params if all(name in t.params for t in trials)]
    varying = [name for name in shared if len({str(t.params[name]) for t in trials}) > 1]
    if not varying:
        return {}
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    copy = optuna.create_study()
    for trial, value in zip(trials, values, strict=True):
        copy.add_trial(
            optuna.trial.create_trial(
                params={name: trial.params[name] for name in varying},
                distributions={name: trial.distributions[name] for name in varying},
                value=value,
            )
        )
    evaluator = FanovaImportanceEvaluator(n_trees=_TREES, seed=0)
    return get_param_importances(copy, evaluator=evaluator, params=varying)
