"""Run one trial on logical CPU devices, in a process of its own; print what came of it as JSON.

python mirrored_trial.py DIRECTORY PARAMS_JSON DEVICES
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fake_context import FakeContext, run_chain
from paretune.trainables.keras import framework
from paretune.trainables.keras.cnn import trainable


def main(directory: str, params: str, devices: int) -> None:
    assert framework.fork_safe() is None
    context = FakeContext(
        Path(directory),
        data={"source": "digits"},
        devices=tuple(f"cpu:{index}" for index in range(devices)),
    )
    metrics = run_chain(trainable, json.loads(params), context)
    assert framework.fork_safe() is not None
    session = context.scratch["session"]
    print(
        json.dumps({"metrics": metrics, "reports": context.reports, "replicas": session.replicas})
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
