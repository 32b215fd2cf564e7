"""URLs of data, and what of them may be shown, stored or exported: never a credential."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")
_USER = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^/\s@]*@")
_QUERY = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://[^\s?#'\"]+)[?#][^\s'\"]*")
_SECRET = re.compile(
    r"signature|credential|token|secret|passw|auth|api.?key|accesskey|^sig$|^key$", re.IGNORECASE
)
# A signed URL of the same object has other values of these the next day.
_SIGNING = re.compile(r"^(x-amz-|x-goog-|signature$|expires$|awsaccesskeyid$|s[ievptr]|sig$)", re.I)


def is_url(source: str) -> bool:
    """Has it a scheme, such as https:// or s3://?"""
    return _URL.match(source) is not None


def public_url(url: str) -> str:
    """Scheme, host and path: without user, password, query and fragment."""
    return _QUERY.sub(r"\1", _USER.sub(r"\1", url))


def secret_in(url: str) -> str | None:
    """What kind of credential the URL holds, in words; None where there is none."""
    if not is_url(url):
        return None
    if "@" in urlsplit(url).netloc:
        return "a user name or password"
    names = [name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)]
    return "a signature or token" if any(map(_SECRET.search, names)) else None


def secret_refusal(url: str) -> str | None:
    """Why a URL cannot be part of a study, which is stored and exported; None where it can."""
    kind = secret_in(url)
    if kind is None:
        return None
    return (
        f"{public_url(url)} is given with {kind}, and a study is stored and exported: leave it "
        "out, and put it where the protocol looks for it (~/.netrc for https, AWS_ACCESS_KEY_ID "
        "and AWS_SECRET_ACCESS_KEY for s3); or fetch it once with `paretune data prepare`"
    )


def url_key(url: str) -> str:
    """A name for the object behind the URL, the same for everybody who may read it."""
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, True) if not _SIGNING.match(pair[0])]
    host = parts.netloc.rpartition("@")[2]
    plain = f"{parts.scheme.lower()}://{host}{parts.path}?{urlencode(query)}"
    return hashlib.sha256(plain.encode()).hexdigest()[:32]


def url_file_name(url: str) -> str:
    """The last part of its path as a plain file name, whatever the URL holds."""
    name = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[-100:].lstrip(".") or "file"
