"""The policy: every guard of a call, composed in one order."""

from ninefold.resilience.policy._control import BreakerControl
from ninefold.resilience.policy._decoration import decorated
from ninefold.resilience.policy._exchanges import Exchanges
from ninefold.resilience.policy._marks import present_peer
from ninefold.resilience.policy._metrics import Judges
from ninefold.resilience.policy._permit import Passage
from ninefold.resilience.policy._policy import Policy

__all__ = [
    "BreakerControl",
    "Exchanges",
    "Judges",
    "Passage",
    "Policy",
    "decorated",
    "present_peer",
]
