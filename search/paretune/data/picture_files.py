"""Pictures in files: their size is read before they are unpacked."""

from __future__ import annotations

import io
import warnings
from typing import IO

import numpy as np

from paretune.extras import require

MOST_PIXELS = 4 << 20  # 2048 x 2048
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
_GREY = ("1", "L")


class UnreadablePicture(Exception):
    """What is wrong with a file, in words."""


def read_picture(
    file: IO[bytes] | bytes,
    like: tuple[int, ...] | None = None,  # (height, width, channels) that it has to have
) -> np.ndarray:  # (height, width, channels) uint8
    """One picture: grey ones have one channel, all others three.

    Raises UnreadablePicture for what is cut, damaged, too large or of another shape;
    MissingExtraError without Pillow.
    """
    require("PIL", "a picture")
    from PIL import Image

    stream = io.BytesIO(file) if isinstance(file, bytes) else file
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a decompression bomb: the limit below is lower
            with Image.open(stream) as image:
                width, height = image.size
                if width * height > MOST_PIXELS:
                    raise UnreadablePicture(
                        f"{width}x{height} pixels are more than {MOST_PIXELS:,}: make it smaller"
                    )
                mode = "L" if image.mode in _GREY else "RGB"
                shape = (height, width, len(mode) if mode == "RGB" else 1)
                if like is not None and shape[:2] != like[:2]:
                    raise UnreadablePicture(f"{height}x{width} pixels, not {like[0]}x{like[1]}")
                if like is not None:
                    mode = "L" if like[2] == 1 else "RGB"
                pixels = np.asarray(image.convert(mode))
    except UnreadablePicture:
        raise
    except Exception as error:  # Pillow's readers raise whatever they meet
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnreadablePicture(f"cannot be read ({reason[:100]})") from None
    return pixels[..., None] if pixels.ndim == 2 else pixels
