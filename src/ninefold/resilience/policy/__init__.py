"""The policy: every guard of a call, composed in one order."""

from ninefold.resilience.policy._control import BreakerControl
from ninefold.resilience.policy._decoration import decorated
from ninefold.resilience.policy._exchanges import Exchanges
from ninefold.resilience.policy._marks import present_peer
from ninefold.resilience.policy._metrics import Judges
from ninefold.resilience.policy._overrides import asked
from ninefold.resilience.policy._parts import NOTHING
from ninefold.resilience.policy._permit import Passage
from ninefold.resilience.policy._policy import Policy, known_policies
from ninefold.resilience.policy._tally import Tally

__all__ = [
    "NOTHING",
    "BreakerControl",
    "Exchanges",
    "Judges",
    "Passage",
    "Policy",
    "Tally",
    "asked",
    "decorated",
    "known_policies",
    "present_peer",
]
