"""Asks model.tflite, with NumPy and ai-edge-litert alone.

    python predict.py images.npy          prints a class for each image
    python predict.py test.npz            prints the accuracy as well, where there are labels
    python predict.py photo.png           image files need Pillow

An .npz holds images (n, height, width, channels), raw values as in the training data, as `images`
or `x_test`, and its labels, if there are any, as `labels` or `y_test`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

MODEL = Path(__file__).with_name("model.tflite")
IMAGES, LABELS = ("images", "x_test"), ("labels", "y_test")
BATCH = 200


def main() -> None:
    """Read the arguments, print the answer."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("images", type=Path, help=".npz, .npy, or an image file")
    parser.add_argument("--model", type=Path, default=MODEL, help="a .tflite file")
    options = parser.parse_args()
    network = load(options.model)
    images, labels = read(options.images, network.get_input_details()[0]["shape"][1:])
    classes = predict(network, images)
    print(*classes)  # noqa: T201
    if labels is not None:
        hits = int((classes == labels).sum())
        print(f"accuracy {hits / len(labels)} ({hits} of {len(labels)})")  # noqa: T201


def load(model: Path) -> Any:
    """The file, ready to be asked."""
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(str(model))


def read(path: Path, shape: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Images of that shape, (n, *shape), and their labels, (n,), where the file has them."""
    labels = None
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            found = [name for name in IMAGES if name in arrays]
            if not found:
                raise SystemExit(f"{path} has {arrays.files}, and none of {IMAGES}")
            images = arrays[found[0]]
            label = LABELS[IMAGES.index(found[0])]
            labels = arrays[label].ravel() if label in arrays else None
    elif path.suffix == ".npy":
        images = np.load(path)
    else:
        images = decoded(path, shape)[None]
    if images.shape[1:] == tuple(shape[:-1]):  # without its single channel
        images = images[..., None]
    if images.shape[1:] != tuple(shape):
        wanted = tuple(map(int, shape))
        raise SystemExit(f"{path}: images of {images.shape[1:]}; the model takes {wanted}")
    return images, labels


def decoded(path: Path, shape: np.ndarray) -> np.ndarray:
    """An image file, scaled to the model's size, 0..255."""
    from PIL import Image

    height, width, channels = shape
    image = Image.open(path).convert("L" if channels == 1 else "RGB").resize((width, height))
    return np.asarray(image, dtype=np.uint8).reshape(height, width, channels)


def predict(network: Any, images: np.ndarray) -> np.ndarray:
    """The class of each image, (n,)."""
    source, target = network.get_input_details()[0], network.get_output_details()[0]
    classes = []
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH]
        network.resize_tensor_input(source["index"], batch.shape)
        network.allocate_tensors()
        network.set_tensor(source["index"], batch.astype(source["dtype"]))
        network.invoke()
        classes.append(network.get_tensor(target["index"]).argmax(axis=1))
    return np.concatenate(classes)


if __name__ == "__main__":
    main()
