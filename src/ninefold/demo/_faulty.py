"""What goes wrong in inventory, and when: it is told so by the demo, as real faults tell nobody."""

from __future__ import annotations

import random
import time
from typing import Final

from flask import Blueprint, abort, request

FAULTS: Final = "/faults"
"""Where inventory is told what to do wrong; excluded from what is measured."""

KINDS: Final = ("none", "failing", "hanging")
_HANGS: Final = 1.2


class Fault:
    """The fault of the moment, heeded by every request for an item or a reservation."""

    def __init__(self) -> None:
        self._kind = "none"
        self.blueprint = Blueprint("faults", __name__)
        self.blueprint.add_url_rule(FAULTS, "change", self._change, methods=["POST"])
        self.blueprint.before_app_request(self._strike)

    def _change(self) -> tuple[str, int]:
        kind = request.get_data(as_text=True)
        if kind not in KINDS:
            abort(400)
        self._kind = kind
        return "", 204

    def _strike(self) -> None:
        if request.path == FAULTS:
            return
        if self._kind == "failing":
            abort(503)
        if self._kind == "hanging":
            time.sleep(random.uniform(1, 1.5) * _HANGS)
