"""MLflow: an experiment a study, a run a trial."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from paretune.track.tracked_trial import TrackedTrial
from paretune.trial.outcome import Status

_MOST_METRICS = 1000  # of one request, by MLflow's REST API
_MOST_PARAMS = 100
_ENDED = {
    Status.COMPLETED: "FINISHED",
    Status.STOPPED: "KILLED",
    Status.INTERRUPTED: "KILLED",
    Status.SKIPPED: "KILLED",
}


class MlflowTracker:
    """Writes to the tracking server, folder or database at `uri`."""

    def __init__(self, uri: str) -> None:
        from mlflow import MlflowClient

        self._client = MlflowClient(tracking_uri=uri)

    def log(self, trial: TrackedTrial) -> None:
        from mlflow.entities import Metric, Param

        now = int(1000 * time.time())
        run = self._client.create_run(
            self._experiment(trial.study), run_name=trial.name, tags=dict(trial.tags)
        )
        run_id = run.info.run_id
        metrics = [Metric(name, value, now, 0) for name, value in trial.figures.items()]
        metrics += [
            Metric(f"epoch_{name}", value, now, epoch)
            for epoch, values in trial.curve
            for name, value in values.items()
        ]
        params = [Param(name, str(value)) for name, value in trial.params.items()]
        for some in _parts(metrics, _MOST_METRICS):
            self._client.log_batch(run_id, metrics=some)
        for some in _parts(params, _MOST_PARAMS):
            self._client.log_batch(run_id, params=some)
        for path in trial.files:
            self._client.log_artifact(run_id, str(path))
        self._client.set_terminated(run_id, status=_ENDED.get(trial.status, "FAILED"))

    def close(self) -> None:
        pass

    def _experiment(self, study: str) -> str:
        """The study's experiment; it is made where there is none."""
        found = self._client.get_experiment_by_name(study)
        if found is not None:
            return str(found.experiment_id)
        return str(self._client.create_experiment(study))


def _parts(items: Sequence[Any], most: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), most):
        yield items[start : start + most]
