"""OpenMetrics as it is and as it should not be: made from a seed, and by hand.

Every sample has a time: the program that judges them wants one.
"""

from __future__ import annotations

import random

_TYPES = [
    *("counter", "gauge", "histogram", "summary", "info", "stateset", "unknown", "gaugehistogram"),
    None,
]
_NAMES = ["shop", "orders", "http_requests", "x:y"]
_HELPS = ["Text.", 'a \\\\ \\n \\" b', "é", "\\x"]
_LABELS = ["", 'a="b"', 'a="\\"x\\\\\\n"', 'a="1",c="é"', 'a="{ , = #"']
_EXEMPLARS = ["", "", ' # {trace_id="x"} 1', ' # {trace_id="x"} 1 1700000000.1', " # {} 0.5"]
_VALUES = ["1", "1.5", "+Inf", "NaN", "1e3", "-0"]
_TIMES = [" 1700000000", " 1700000000.5"]
_NOISE = [
    *("\n", " ", '"', "{", "}", ",", "=", "#", "\\", "x", "0", "_", ":", "-", ".", "é", "\r", "\t"),
    *("# TYPE a foo\n", "# c\n", "\n\n", " # {} 1", "# EOF\n"),
]


def openmetrics(seed: int) -> str:
    """An exposition of one to three families; every other one is damaged in one place."""
    chance = random.Random(seed)
    lines = [line for n in range(chance.randint(1, 3)) for line in _family(chance, n)]
    text = "".join(f"{line}\n" for line in [*lines, "# EOF"])
    if chance.random() < 0.5:
        at = chance.randrange(len(text))
        noise = chance.choice(_NOISE)
        text = chance.choice(
            [
                text[:at] + noise + text[at:],
                text[:at] + text[at + 1 :],
                text[:at] + noise + text[at + 1 :],
                text[:at],
            ]
        )
    return text


def _family(chance: random.Random, number: int) -> list[str]:
    unit = chance.choice(["", "", "seconds", "bytes"])
    name = f"{chance.choice(_NAMES)}_{number}" + (f"_{unit}" if unit else "")
    kind = chance.choice(_TYPES)
    lines: list[str] = []
    if chance.random() < 0.7:
        lines.append(f"# HELP {name} {chance.choice(_HELPS)}")
    if kind is not None:
        lines.append(f"# TYPE {name} {kind}")
    if unit and chance.random() < 0.8:
        lines.append(f"# UNIT {name} {unit}")
    chance.shuffle(lines)
    labels = chance.choice(_LABELS)
    time, exemplar = chance.choice(_TIMES), chance.choice(_EXEMPLARS)

    def sample(suffix: str, own: str = "", value: str = "1", after: str = "") -> str:
        pairs = ",".join(each for each in (labels, own) if each)
        braces = f"{{{pairs}}}" if pairs else ""
        return f"{name}{suffix}{braces} {value}{time}{after}"

    match kind:
        case "counter":
            lines.append(sample("_total", value=chance.choice(_VALUES), after=exemplar))
        case "histogram":
            lines += [sample("_bucket", 'le="1"', after=exemplar), sample("_bucket", 'le="+Inf"')]
            lines += [sample("_sum"), sample("_count")]
        case "gaugehistogram":
            lines += [sample("_bucket", 'le="+Inf"'), sample("_gsum"), sample("_gcount")]
        case "summary":
            lines += [sample("", 'quantile="0.5"'), sample("_sum"), sample("_count")]
        case "info":
            lines.append(sample("_info"))
        case _:
            lines.append(sample("", value=chance.choice(_VALUES)))
    return lines


BY_HAND: tuple[str, ...] = (
    "# EOF",
    "# EOF\n",
    "a 1 1\n# EOF",
    "a 1 1\n",
    "a 1 1\n# EOF\na 2 2\n",
    'a{b="1", c="2"} 1 1\n# EOF\n',
    'a{b="1",} 1 1\n# EOF\n',
    'a{ b="1"} 1 1\n# EOF\n',
    'a{b="1" } 1 1\n# EOF\n',
    'a{b= "1"} 1 1\n# EOF\n',
    'a{b ="1"} 1 1\n# EOF\n',
    'a {b="1"} 1 1\n# EOF\n',
    'a{b="1"}1 1\n# EOF\n',
    'a{b=" 1 ,"} 1 1\n# EOF\n',
    "a  1 1\n# EOF\n",
    "a 1  1\n# EOF\n",
    "a 1 1 \n# EOF\n",
    "a\t1 1\n# EOF\n",
    " a 1 1\n# EOF\n",
    "a 1_0 1\n# EOF\n",
    "a 0x1p3 1\n# EOF\n",
    "a 1 x\n# EOF\n",
    "#  TYPE a gauge\na 1 1\n# EOF\n",
    "#TYPE a gauge\na 1 1\n# EOF\n",
    "# TYPE  a gauge\na 1 1\n# EOF\n",
    "# TYPE a  gauge\na 1 1\n# EOF\n",
    "# TYPE a gauge \na 1 1\n# EOF\n",
    "# TYPE a untyped\na 1 1\n# EOF\n",
    "# TYPE a\na 1 1\n# EOF\n",
    "# HELP a\na 1 1\n# EOF\n",
    "# UNIT a\na 1 1\n# EOF\n",
    "# UNIT a seconds\na 1 1\n# EOF\n",
    "# a comment\na 1 1\n# EOF\n",
    "\na 1 1\n# EOF\n",
    "# HELP a  x\na 1 1\n# EOF\n",
    "# TYPE a counter\na_total 1 1  # {} 1\n# EOF\n",
    "# TYPE a counter\na_total 1 1 # {}  1\n# EOF\n",
    "# TYPE a counter\na_total 1 1 #{} 1\n# EOF\n",
    "# TYPE a counter\na_total 1 1 # {} 1\n# EOF\n",
    '# TYPE a counter\na_total 1 1 # {b="1",c="2"} 1 5\n# EOF\n',
    "# TYPE a unknown\na 1 1 # {} 1\n# EOF\n",
    "# TYPE a summary\na_count 1 1 # {} 1\n# EOF\n",
    "# TYPE a histogram\na_count 1 1 # {} 1\n# EOF\n",
    '# TYPE a histogram\na_bucket{le="1"} 1 1 # {} 1\n# EOF\n',
)
