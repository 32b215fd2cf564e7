"""Names, units and numbers as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from paretune.measure.devices import CPU_KIND

_UNITS = {"mib": "MiB", "kib": "KiB", "ms": "ms", "j": "J", "bytes": "bytes", "seconds": "s"}


def axis_label(figure: str, device_kind: str) -> str:
    """'peak memory (MiB)'; device-seconds say of which device, so that nobody mistakes them."""
    name, unit = name_and_unit(figure, device_kind)
    if figure == "gpu_seconds" and device_kind != CPU_KIND:
        return f"{name} ({device_kind})"
    return f"{name} ({unit})" if unit and name != unit else name


def name_and_unit(figure: str, device_kind: str) -> tuple[str, str]:
    """('peak memory', 'MiB'), ('accuracy', ''); device-seconds are their own unit: ''."""
    if figure == "gpu_seconds":
        return "core-seconds" if device_kind == CPU_KIND else "GPU-seconds", ""
    words = figure.split("_")
    unit = next((_UNITS[word] for word in words if word in _UNITS), "")
    rest = [word for word in words if word not in _UNITS] if unit else words
    if unit == "s":
        rest.append("time")
    return " ".join(rest) or unit, unit


def device_note(figures: Sequence[str], device_kind: str) -> str:
    """What a device was, where one of the figures depends on it; else an empty string."""
    if device_kind == CPU_KIND:
        note = "a device is one CPU core"
        return f"{note}: gpu_seconds are core-seconds" if "gpu_seconds" in figures else note
    return f"a device is one {device_kind}"


def number(value: float) -> str:
    """Four significant digits, and no exponent for a large number: 0.9710, 14.10, 12,345."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:#.4g}"


def short(value: Any) -> str:
    """A parameter's value in a sentence: three significant digits of a float."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def setting(name: str, value: Any) -> str:
    """'adam', 'batch_size 128': a word speaks for itself, a number needs its name."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return name if value else f"no {name}"
    return f"{name} {short(value)}"


def settings(
    params: Mapping[str, Any], leave_out: Mapping[str, Any] | None = None
) -> tuple[str, ...]:
    """The parameters one by one, without those that `leave_out` has with the same value."""
    left_out = leave_out or {}
    return tuple(
        setting(name, value)
        for name, value in params.items()
        if name not in left_out or left_out[name] != value
    )


def common(points: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The parameters that all of two or more points have with one value."""
    if len(points) < 2:
        return {}
    first, *rest = points
    return {
        name: value
        for name, value in first.items()
        if all(name in point and point[name] == value for point in rest)
    }
