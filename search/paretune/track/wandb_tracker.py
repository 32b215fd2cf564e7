"""Weights & Biases: a run a trial, grouped by study; offline where WANDB_MODE says so."""

from __future__ import annotations

from pathlib import Path

from paretune.track.tracked_trial import TrackedTrial
from paretune.trial.outcome import Status


class WandbTracker:
    """Writes to `project`; what W&B keeps on this machine goes to `folder`."""

    def __init__(self, project: str, folder: Path) -> None:
        import wandb

        self._wandb = wandb
        self._project = project
        self._folder = folder

    def log(self, trial: TrackedTrial) -> None:
        run = self._wandb.init(
            project=self._project,
            group=trial.study,
            name=trial.name,
            config={**trial.params, **trial.tags},
            dir=str(self._folder),
            reinit="create_new",
            settings=self._wandb.Settings(silent=True, console="off"),
        )
        for epoch, values in trial.curve:
            run.log({f"epoch_{name}": value for name, value in values.items()}, step=epoch)
        run.summary.update(dict(trial.figures))
        if trial.files:
            artifact = self._wandb.Artifact(trial.name, type="trial")
            for path in trial.files:
                artifact.add_file(str(path))
            run.log_artifact(artifact)
        run.finish(exit_code=0 if trial.status is Status.COMPLETED else 1)

    def close(self) -> None:
        pass
