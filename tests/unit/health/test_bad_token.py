"""A token that cannot be sent, or is soon guessed, is refused where it is said, and never shown."""

from __future__ import annotations

import pytest

import ninefold as nf
from ninefold.service import current


@pytest.mark.parametrize(
    "token", ["", "short", "with white space", "trailing-line-end\n", "s\u00e9cret-word"]
)
def test_a_token_that_no_header_carries_is_refused(token: str) -> None:
    """What is refused is not shown: it may be the right one but for its line end."""
    with pytest.raises(nf.ConfigurationError, match=r"^token must be 8 or more") as raised:
        nf.Health("billing", token=token)
    assert token not in str(raised.value) or not token


def test_setup_says_which_setting_it_was_and_leaves_nothing_behind() -> None:
    """It is refused as settings are: with where it came from, before anything is installed."""
    with pytest.raises(
        nf.ConfigurationError, match=r"^admin_token \(argument of setup\) must be 8"
    ):
        nf.setup("billing", admin_token="short")
    assert current() is None
