"""The layers of the bundled network as plain data. Imports no framework."""

from __future__ import annotations

from dataclasses import dataclass

from paretune.trainables.settings import CnnSettings

# Of each convolution: filters at full width, kernel, stride, and whether 2x2 max-pooling follows.
_STEM = {"pool": (32, 3, 1, True), "stride": (32, 5, 2, False)}
_BODY = ((64, 3, 1, True), (64, 3, 1, False))
_UNITS = 64


@dataclass(frozen=True)
class Convolution:
    """One convolution with ReLU."""

    filters: int
    kernel: int  # pixels a side
    stride: int
    pooled: bool  # 2x2 max-pooling follows


def convolutions(settings: CnnSettings) -> tuple[Convolution, ...]:
    """From the image on."""
    return tuple(
        Convolution(scaled(filters, settings.width), kernel, stride, pooled)
        for filters, kernel, stride, pooled in (_STEM[settings.stem], *_BODY)
    )


def units(settings: CnnSettings) -> int:
    """Of the dense layer between the convolutions and the classes."""
    return scaled(_UNITS, settings.width)


def scaled(filters: int, width: float) -> int:
    """`width` x `filters`, in fours: vector units, and 2:4 pruning, take no fewer at a time.

    Examples:
        >>> scaled(64, 0.25)
        16
    """
    return max(4, 4 * round(filters * width / 4))
