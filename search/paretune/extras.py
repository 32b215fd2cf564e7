"""What comes with an extra of the package, and one line with its cure where that is missing."""

from __future__ import annotations

import importlib.util

from paretune.errors import MissingExtraError

# The modules that an extra of pyproject.toml installs for code of ours to import.
EXTRAS = {
    "keras": (
        "tensorflow",
        "tf_keras",
        "tensorflow_model_optimization",
        "ai_edge_litert",
        "ai_edge_quantizer",
        "sklearn",
        "zstandard",
    ),
    "onnx": ("onnx", "tf2onnx"),
    "torch": ("torch",),
    "dashboard": ("optuna_dashboard",),
    "plot": ("matplotlib",),
    "pandas": ("pandas",),
    "postgresql": ("psycopg",),
    "images": ("PIL",),
    "arrow": ("pyarrow",),
    "remote": ("fsspec",),
    "s3": ("s3fs",),
    "gcs": ("gcsfs",),
    "mlflow": ("mlflow",),
    "wandb": ("wandb",),
}


def require(module: str, place: str) -> None:
    """Make sure that `module` can be imported, without importing it.

    Args:
        module: The module's name, one of those in `EXTRAS`.
        place: What needs it, in the user's words; the message begins with it.

    Raises:
        MissingExtraError: It is not installed. The message names the extra that brings it.
    """
    if not is_installed(module):
        raise MissingExtraError(
            f"{place} needs {module}, which is not installed: {install_command(module)}"
        )


def is_installed(module: str) -> bool:
    """Can `module` be imported? It is not imported for the answer."""
    return importlib.util.find_spec(module) is not None


def require_extra(extra: str, place: str) -> None:
    """As `require`, for every module of an extra."""
    for module in EXTRAS[extra]:
        require(module, place)


def install_command(module: str) -> str:
    """How to install a module: the command of the extra that brings it, where one does."""
    for extra, modules in EXTRAS.items():
        if module in modules:
            return f'pip install "paretune[{extra}]"'
    return "install it"  # a module's name is not always its package's
