"""tf.train.Example from its bytes: lists of bytes, floats or whole numbers by name."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from paretune.errors import DataError

Value = np.ndarray | list[bytes]  # (n,) float32 or int64; or byte strings

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_Field = tuple[int, int, int | bytes]  # number, wire type, value


def read_example(content: bytes, place: str) -> dict[str, Value]:
    """The features by name. Raises DataError for bytes that are no Example."""
    try:
        features: dict[str, Value] = {}
        for _, _, message in _of(content, 1):
            for _, _, entry in _of(message, 1):
                name, value = "", b""
                for number, _, part in _fields(_bytes(entry)):
                    if number == 1:
                        name = _bytes(part).decode()
                    elif number == 2:
                        value = _bytes(part)
                features[name] = _feature(value)
    except (ValueError, IndexError, TypeError, UnicodeDecodeError) as error:
        raise DataError(f"{place} is no tf.train.Example ({error})") from None
    if not features:
        raise DataError(f"{place} has no features")
    return features


def _feature(content: bytes) -> Value:
    for number, _, message in _fields(content):
        values = list(_of(message, 1))
        if number == 1:
            return [_bytes(value) for _, _, value in values]
        if number == 2:
            packed = b"".join(_bytes(value) for _, _, value in values)
            return np.frombuffer(packed, "<f4")
        if number == 3:
            return np.array(list(_whole(values)), np.int64)
    return []


def _whole(values: list[_Field]) -> Iterator[int]:
    for _, wire, value in values:
        if wire == _VARINT:
            yield _signed(int(value))
            continue
        content, at = _bytes(value), 0
        while at < len(content):
            number, at = _varint(content, at)
            yield _signed(number)


def _of(content: int | bytes, wanted: int) -> Iterator[_Field]:
    return (field for field in _fields(_bytes(content)) if field[0] == wanted)


def _fields(content: bytes) -> Iterator[_Field]:
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(content, at)
            yield number, wire, value
            continue
        if wire == _LENGTH:
            size, at = _varint(content, at)
        elif wire in (_FIXED32, _FIXED64):
            size = 4 if wire == _FIXED32 else 8
        else:
            raise ValueError(f"wire type {wire}")
        if at + size > len(content):
            raise ValueError("it ends too early")
        yield number, wire, content[at : at + size]
        at += size


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number of more than 64 bits")


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise TypeError("a number where a message is")
    return value
