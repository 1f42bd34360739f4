"""What redaction promises of any text whatever: nothing secret is left, and nothing is invented."""

from __future__ import annotations

from urllib.parse import quote_plus

from hypothesis import given
from hypothesis import strategies as st

from ninefold.core import is_secret, redacted_query, redacted_text

CANARY = "canary7canary"

secret_keys = st.sampled_from(
    ["password", "DB_PASSWORD", "api-key", "accessToken", "sig", "X-Amz-Signature", "client_secret"]
)
plain_keys = st.from_regex(r"[a-z]{1,8}", fullmatch=True).filter(lambda key: not is_secret(key))
texts = st.text(max_size=40)
parameters = st.lists(st.tuples(st.one_of(plain_keys, secret_keys), texts), max_size=6)


@given(st.text(max_size=300))
def test_any_text_can_be_redacted(text: str) -> None:
    """Nothing raises, whatever the text; and what is redacted stays as it is."""
    once = redacted_text(text)
    assert redacted_text(once) == once


@given(texts, secret_keys, st.sampled_from(["=", ": ", "='", '": "', " = "]), texts)
def test_a_secret_behind_its_key_never_shows(before: str, key: str, sign: str, after: str) -> None:
    """Wherever it stands, what follows a secret key is gone."""
    assert CANARY not in redacted_text(f"{before} {key}{sign}{CANARY} {after}")


@given(texts, st.from_regex(r"[a-z0-9+]{1,10}", fullmatch=True), texts)
def test_a_password_in_a_url_never_shows(before: str, scheme: str, after: str) -> None:
    """Whatever stands around the URL of a connection."""
    assert CANARY not in redacted_text(f"{before} {scheme}://me:{CANARY}@host/{after}")


@given(parameters, st.sets(plain_keys, max_size=3))
def test_what_no_name_allows_leaves_no_trace(
    given_: list[tuple[str, str]], allowed: set[str]
) -> None:
    """Each parameter that is left has a name that is allowed, and the others leave nothing."""
    query = "&".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in given_)
    recorded = redacted_query(query, allowed)
    kept = [part.partition("=")[0] for part in recorded.split("&")] if recorded else []
    assert kept == [key for key, _ in given_ if key in allowed]


@given(parameters)
def test_a_secret_parameter_is_redacted_though_it_is_allowed(given_: list[tuple[str, str]]) -> None:
    """Naming a secret parameter in a setting does not have it recorded."""
    query = "&".join(f"{key}={CANARY}" for key, _ in given_ if is_secret(key))
    assert CANARY not in redacted_query(query, {key for key, _ in given_})
