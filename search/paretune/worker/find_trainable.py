"""Finds a trainable by its name: bundled, or "package.module:function" of the user's."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType

from paretune.catalog import TRAINABLES
from paretune.errors import TrainableError
from paretune.extras import install_command
from paretune.reimport import import_up_to_run, was_cut
from paretune.trainables import Stage, Trainable
from paretune.worker.code_version import code_version


def load_trainable(name: str, search_path: str | None) -> Trainable:
    """Import the trainable. A module in the folder `search_path` is found first.

    Raises TrainableError where the module, or the attribute in it, is not there.
    """
    target = TRAINABLES[name].target if name in TRAINABLES else name
    module_name, _, attribute = target.partition(":")
    if not module_name or not attribute:
        known = ", ".join(sorted(TRAINABLES))
        raise TrainableError(
            f"trainable = {name!r}: neither bundled ({known}) "
            "nor of the form package.module:function"
        )
    if search_path is not None and search_path not in sys.path:
        sys.path.insert(0, search_path)
    module = _import(module_name, name)
    found = getattr(module, attribute, None)
    if found is None:
        where = " above the first line that runs a study: define it there"
        raise TrainableError(
            f"trainable = {name!r}: {module_name} ({module.__file__}) has no {attribute!r}"
            f"{where if was_cut(module_name) else ''}"
        )
    version = code_version(module, attribute, bundled=name in TRAINABLES)
    if isinstance(found, Trainable):
        return replace(found, version=found.version or version)
    if not callable(found):
        raise TrainableError(
            f"trainable = {name!r}: it is a {type(found).__name__}; "
            "give a function train(params, context) or a paretune.Trainable"
        )
    # What a plain function leaves behind is not known: it is run every time.
    return Trainable(name, (Stage("train", found, stored=False),), version=version)


def _import(module_name: str, name: str) -> ModuleType:
    try:
        return import_up_to_run(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and module_name.startswith(error.name):
            raise TrainableError(
                f"trainable = {name!r}: there is no module {error.name!r}, neither beside the "
                "study file (or an export's config.toml) nor installed"
            ) from error
        raise TrainableError(
            f"trainable = {name!r}: importing it failed: it needs {error.name!r}, "
            f"which is not installed: {install_command(error.name or '')}"
        ) from error
    except (Exception, SystemExit) as error:  # whatever a user's module does when it is imported
        raise TrainableError(
            f"trainable = {name!r}: importing it failed: {type(error).__name__}: {error}"
        ) from error
