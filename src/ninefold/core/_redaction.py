"""What is secret in a key, a query and a text: decided by name and shape, without knowing secrets.

Pure and of linear time: all of it sees what a client sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import quote_plus, unquote, unquote_plus

REDACTED: Final = "REDACTED"
"""What stands where a secret was (OpenTelemetry semantic conventions, `url.query`)."""

SECRET_KEYS: Final = (
    "authorization",
    "cookie",
    "passwd",
    "password",
    "passphrase",
    "secret",
    "token",
    "signature",
    "credential",
    "credentials",
    "apikey",
    "accesskey",
    "accesskeyid",
    "secretkey",
    "privatekey",
    "sessionid",
)
"""A key that ends in one of these is secret, whatever its case, separators and final digits."""

SECRET_WORDS: Final = ("auth", "jwt", "otp", "pass", "pwd", "sid", "sig")
"""Too short for that: secret as a whole key or as its last word. `key` is as a whole key alone."""

_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")
# A word of its own: `db_pwd` and, in camel case, `dbPwd`.
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WHOLE_LINE: Final = ("authorization", "cookie")

# Up to the last @ of what stands between :// and the path. A password may hold a slash where it was
# never a valid URL, as in the message that says so; what is a port is none.
_USER: Final = re.compile(
    r"://(?:[^\s/?#@:'\"\[]{0,256}:(?!\d{1,5}(?:[/?#\s'\"]|$))[^\s'\"<>]{0,512}@"
    r"|[^\s/?#'\"<>]{1,512}@)"
)
# "Basic authentication" is none: what follows has a digit or padding, where it may be a word.
_SCHEME: Final = re.compile(
    r"\b(Bearer\s{1,3}|(?:Basic|Negotiate)\s{1,3}(?=[A-Za-z_~.+/-]{0,256}[0-9=]))"
    r"[A-Za-z0-9._~+/=-]{8,}",
    re.IGNORECASE,
)
_KEY: Final = re.compile(r"(?<![\w.%\[-])([\w.%\[-]++)[\"'\]\\]{0,4}\s{0,3}[=:]>?\s{0,3}")
_DONE: Final = re.compile(rf"{REDACTED}(?=[\s,;&)}}\]\"'\\]|$)")
_VALUE: Final = re.compile(
    # Quoted, as Python or JSON does; JSON within a string; in braces, as ODBC does; or bare.
    r"""[bru]{0,2}"(?:[^"\\]|\\.)*(?:"|$)"""
    r"""|[bru]{0,2}'(?:[^'\\]|\\.)*(?:'|$)"""
    r"""|\\"(?:[^"\\]|\\[^"])*(?:\\"|$)"""
    r"""|\{[^}\n]*\}"""
    r"""|[^\s&;"'<>]+""",
    re.DOTALL,
)
_LINE: Final = re.compile(r"[^\r\n\"']+")


def is_secret(key: str) -> bool:
    """Whether the value of a header, parameter or option with this name is a secret.

    >>> [is_secret(key) for key in ("Authorization", "db_password", "max_tokens", "page")]
    [True, True, False, False]
    """
    words = [word for word in _SEPARATORS.split(_HUMP.sub("_", key[-128:]).lower()) if word]
    if not words:
        return False
    whole = "".join(words).rstrip("0123456789")
    return (
        "password" in whole
        or whole.endswith(SECRET_KEYS)
        or whole in ("key", *SECRET_WORDS)
        or words[-1] in SECRET_WORDS
    )


def redacted_query(query: str, allowed: Collection[str]) -> str:
    """The parameters of a query string that are allowed by name, in their order.

    A secret key's value is `REDACTED` though its name is allowed, and so is what looks like a
    secret inside of another's.

    >>> redacted_query("page=2&q=shoes&token=abc", {"page", "token"})
    'page=2&token=REDACTED'
    """
    kept: list[str] = []
    # Some servers part parameters by semicolons too: what follows one is not the value's.
    for part in re.split("[&;]", query):
        name, equals, value = part.partition("=")
        key = unquote_plus(name)
        if key not in allowed:
            continue
        if is_secret(key):
            kept.append(f"{name}={REDACTED}")
            continue
        plain = unquote_plus(value)
        shown = redacted_text(plain)
        kept.append(part if shown == plain else f"{name}{equals}{quote_plus(shown)}")
    return "&".join(kept)


def redacted_text(text: str) -> str:
    """A text without what looks like a secret in it; what does not, stays as it is.

    Replaced are the user and password of a URL, what follows a secret key and `=` or `:`, and the
    credentials of an authorization scheme.

    >>> redacted_text("cannot reach postgresql://me:abc@db/shop?sslmode=off&password=abc")
    'cannot reach postgresql://REDACTED@db/shop?sslmode=off&password=REDACTED'
    """
    if "://" in text:
        text = _USER.sub(f"://{REDACTED}@", text)
    text = _SCHEME.sub(rf"\g<1>{REDACTED}", text)
    found: list[str] = []
    done = at = 0
    while (match := _KEY.search(text, at)) is not None:
        at = match.end()
        key = unquote(match[1])
        if not is_secret(key) or _DONE.match(text, at):
            continue
        whole_line = _SEPARATORS.sub("", key.lower()).endswith(_WHOLE_LINE)
        quoted = text[at : at + 1] in ("'", '"')
        value = (_LINE if whole_line and not quoted else _VALUE).match(text, at)
        if value is not None:
            found += (text[done:at], REDACTED)
            done = at = value.end()
    return "".join((*found, text[done:])) if found else text
