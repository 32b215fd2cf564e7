"""URLs: what of them may be shown, stored or exported."""

from __future__ import annotations

import pytest
from paretune.data.public_url import (
    is_url,
    public_url,
    secret_in,
    secret_refusal,
    url_file_name,
    url_key,
)

SIGNED = "https://bucket.host/a/x.npz?X-Amz-Credential=AKIA&X-Amz-Signature=0123abcd"


@pytest.mark.parametrize(
    ("source", "answer"),
    [("https://host/x.npz", True), ("s3://bucket/x", True), ("digits", False), ("a/b.npz", False)],
)
def test_a_url_has_a_scheme(source: str, answer: bool) -> None:
    """A name or a path is none."""
    assert is_url(source) is answer


def test_what_is_shown_holds_no_credential() -> None:
    """User, password, query and fragment are gone; also from a sentence around the URL."""
    assert public_url("https://me:pass@host/x.npz") == "https://host/x.npz"
    assert public_url(SIGNED) == "https://bucket.host/a/x.npz"
    text = f"cannot open '{SIGNED}' (https://t0ken@host/y)"
    assert public_url(text) == "cannot open 'https://bucket.host/a/x.npz' (https://host/y)"


def test_credentials_are_found_by_their_kind() -> None:
    """A password, a signed query, a token; a plain query is none."""
    assert secret_in("https://me:pass@host/x") == "a user name or password"
    assert secret_in("https://ghp_123@host/x") == "a user name or password"
    assert secret_in(SIGNED) == "a signature or token"
    assert secret_in("https://host/x?access_token=1") == "a signature or token"
    assert secret_in("https://host/x?download=1&version=3") is None
    assert secret_in("digits") is None
    refusal = secret_refusal("https://me:pass@host/x")
    assert refusal is not None
    assert "pass@" not in refusal
    assert "netrc" in refusal


def test_one_object_has_one_key_whoever_signs_for_it() -> None:
    """Signatures and users leave the key as it is; another path or version does not."""
    other = SIGNED.replace("0123abcd", "ffff").replace("AKIA", "AKIB")
    assert url_key(SIGNED) == url_key(other)
    assert url_key("https://me:pass@host/x") == url_key("https://host/x")
    assert len({url_key(f"https://host/{end}") for end in ("x", "y", "x?id=1", "x?id=2")}) == 4


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://host/a/x.npz?y=/../z", "x.npz"),
        ("https://host/a/..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("https://host/..", "file"),
        ("https://host", "file"),
        ("https://host/a b\n.npz", "a_b.npz"),
    ],
)
def test_a_file_name_is_plain_whatever_the_url_holds(url: str, name: str) -> None:
    """No separator, no dot in front: it stays in its folder."""
    assert url_file_name(url) == name
