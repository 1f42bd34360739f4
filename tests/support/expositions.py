"""Expositions as they are met and as they should not be, made from a seed and by hand."""

from __future__ import annotations

import random

_WORDS = [
    *("shop", "orders", "http", "request", "duration", "go", "cache", "thermometers", "status"),
    *("seconds", "bytes", "milliseconds", "kilobytes", "bits", "hours", "celsius", "kelvins"),
    *("megameters", "minutes", "ratio", "joules", "calories", "inches", "grams", "decivolts"),
    *("ms", "s", "sec", "kb", "m", "h", "d", "us", "B", "MB", "counter", "gauge", "summary"),
    *("histogram", "gauge_histogram", "untyped", "Gauge", "myCount", "httpRequests", "total"),
    *(
        "count",
        "sum",
        "bucket",
        "created",
        "info",
        "count_total",
        "sum_total",
        "a:b",
        "total_count",
    ),
]
_LABELS = [
    *(
        "method",
        "code",
        "le",
        "quantile",
        "fooBar",
        "job",
        "instance",
        "path",
        "__meta",
        "a1",
        "Le",
    ),
]
_VALUES = [
    "",
    "GET",
    "200",
    '"quoted"',
    "back\\slash",
    "new\nline",
    "é",
    "0.5",
    "+Inf",
    "{}",
    "a,b",
]
_NUMBERS = ["0", "1", "-1.5", "1e6", "NaN", "+Inf", "-Inf", "inf", ".5", "5.", "+3", "1E-3"]
_TIMES = ["", "", "", " 1700000000000", "  0", "\t-5"]
_HELPS = ["Orders placed.", "x", "a \\\\ b", "two\\nlines", "  spaces  ", "é \\\\n"]
_TYPES = ["counter", "gauge", "histogram", "summary", "untyped", "Counter", "GAUGE", None]
# What a fault on the way, or in a home-made exporter, does to a text.
_NOISE = [
    *("\n", " ", "\t", '"', "{", "}", ",", "=", "#", "\\", "\r", "x", "0", "_", ":", "-", ".", "é"),
    *("# HELP ", "# TYPE ", "# TYPE x foo\n", "\\q", " 12 13", "1_0", "0x1p3", "{a=b}", 'a="b"'),
]


def exposition(seed: int) -> str:
    """An exposition of one to four families; every fifth one is damaged in one or two places."""
    chance = random.Random(seed)
    text = "".join(_family(chance) for _ in range(chance.randint(1, 4)))
    if chance.random() < 0.2:
        for _ in range(chance.randint(1, 2)):
            text = _damaged(chance, text)
    return text


def _family(chance: random.Random) -> str:
    name = "_".join(chance.choices(_WORDS, k=chance.randint(1, 4)))
    kind = chance.choice(_TYPES)
    if kind == "counter" and chance.random() < 0.5:
        name += "_total"
    described: list[str] = []
    if chance.random() < 0.8:
        described.append(f"# HELP {name} {chance.choice(_HELPS)}\n")
    if kind is not None:
        described.append(f"# TYPE {name} {kind}\n")
    if chance.random() < 0.3:
        described.reverse()
    if chance.random() < 0.1:
        described.insert(0, chance.choice(["\n", "# a comment\n", "#\n", "  # indented\n"]))
    if chance.random() < 0.05:
        return "".join(described)
    return "".join(described) + "".join(_series(chance, name, kind))


def _series(chance: random.Random, name: str, kind: str | None) -> list[str]:
    keys = chance.sample(_LABELS, k=chance.choice([0, 0, 1, 2, 3]))
    lines: list[str] = []
    for number in range(chance.randint(1, 3)):
        labels = [(key, chance.choice(_VALUES)) for key in keys]
        # One label tells the series of a family apart.
        labels.append(("n", str(number)))
        if kind == "histogram":
            own = [pair for pair in labels if pair[0] != "le"]
            bounds = ["0.1", "1", "+Inf"]
            lines += (_line(chance, f"{name}_bucket", [*own, ("le", each)]) for each in bounds)
            lines += (_line(chance, f"{name}_{each}", own) for each in ("sum", "count"))
        elif kind == "summary":
            own = [pair for pair in labels if pair[0] != "quantile"]
            lines += (_line(chance, name, [*own, ("quantile", each)]) for each in ("0.5", "0.99"))
            lines += (_line(chance, f"{name}_{each}", own) for each in ("sum", "count"))
        else:
            lines.append(_line(chance, name, labels))
    return lines


def _line(chance: random.Random, name: str, labels: list[tuple[str, str]]) -> str:
    pairs = [f'{key}="{_escaped(value)}"' for key, value in labels]
    joint = chance.choice([",", ",", ", ", " ,"])
    ending = chance.choice(["", "", "", ","])
    braces = "{" + joint.join(pairs) + ending + "}"
    gap = chance.choice([" ", " ", "  ", "\t", ""])
    return f"{name}{braces}{gap}{chance.choice(_NUMBERS)}{chance.choice(_TIMES)}\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _damaged(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text) + 1)
    noise = chance.choice(_NOISE)
    match chance.randrange(4):
        case 0:
            return text[:at] + noise + text[at:]
        case 1:
            return text[:at] + text[at + 1 :]
        case 2:
            return text[:at] + noise + text[at + 1 :]
        case _:
            return text[:at]


BY_HAND: tuple[str, ...] = (
    "",
    "\n\n",
    "# EOF\n",
    "# HELP\n# TYPE\n# HELP a\n# TYPE a\n",
    "a 1",
    "a 1\n",
    "a{} 1\n",
    "a{}1\n",
    'a{b ="c" , d= "e"}1\n',
    'a{b="1",} 1\n',
    "a{,} 1\n",
    'a{,b="1"} 1\n',
    'a{b="1",,c="2"} 1\n',
    'a{b="1"c="2"} 1\n',
    'a{b="1" "c"="2"} 1\n',
    'a{b="1"\n',
    'a{b="1\n"} 1\n',
    "a{b=1} 1\n",
    "a{b} 1\n",
    'a{1b="1"} 1\n',
    'a{b="\\x"} 1\n',
    'a{b="\\\\\\"\\n"} 1\n',
    'a{b="1",b="2"} 1\n',
    'a{__name__="x"} 1\n',
    "a 0x10\na 1\n",
    "a 1_0\n",
    "a 1e999\n",
    "a nan\n",
    "a +nan\n",
    "a -inf\n",
    "a infinity\n",
    "a .\n",
    "a\n",
    "a 1 \n",
    "a 1 12\n",
    "a 1 12 \n",
    "a 1 12 13\n",
    "a 1 1.5\n",
    "a 1 99999999999999999999\n",
    "a 1 9223372036854775808\n",
    "a 1 -9223372036854775808\n",
    "a 1\r\n",
    "# HELP a x\r\na 1\n",
    "\r\n",
    "0a 1\n",
    "a-b 1\n",
    "a.b 1\n",
    "é 1\n",
    "a 1 # {} 2\n",
    "# TYPE a foo\n",
    "# TYPE a unknown\na 1\n",
    "# TYPE a info\na 1\n",
    "# TYPE a gaugehistogram\na 1\n",
    "# TYPE a counter \na 1\n",
    "# TYPE a  counter\na 1\n",
    "#TYPE a counter\na 1\n",
    "# TYPE a counter\n# TYPE a counter\n",
    "a 1\n# TYPE a gauge\n",
    "# HELP a x\n# HELP a y\n",
    "# HELP a   \na 1\n",
    "# HELP a x\\y\n",
    '# HELP a x \\" y\na 1\n',
    "# HELP a x\\",
    "# HELP a x\\\n",
    "# HELP 0a x\n",
    "# HELP a-b x\n",
    "# HELP a x",
    "# a comment",
    "a 1\n# a comment\n \t# another\n",
    "# HELP a x\n# TYPE a histogram\n# HELP a_count y\n",
    "# HELP a x\n# HELP a_count y\n# TYPE a histogram\na_count 1\n",
    '# HELP a x\n# TYPE a histogram\na_bucket{le="x"} 1\n',
    '# HELP a x\n# TYPE a histogram\na_sum{le="x"} 1\n',
    '# HELP a x\n# TYPE a histogram\na_bucket{le="1",le="2"} 1\n',
    '# HELP a x\n# TYPE a summary\na{quantile="x"} 1\n',
    '# HELP a x\n# TYPE a summary\na{le="1"} 1\n',
    '# HELP a x\n# TYPE a gauge\na{le="1",quantile="2"} 1\n',
    '# HELP a x\n# TYPE a histogram\na_bucket{le="1",quantile="2"} 1\n',
    "# HELP a x\n# TYPE a histogram\na 1\n",
    "# HELP a_sum x\n# TYPE a_sum counter\na_sum 1\n",
    "# HELP a_count x\n# TYPE a_count gauge\na_count 1\n",
    "# HELP a_bucket x\n# TYPE a_bucket summary\na_bucket 1\n",
    "# HELP a_total x\n# TYPE a_total histogram\na_total_count 1\n",
    "# HELP a_count_total x\n# TYPE a_count_total counter\na_count_total 1\n",
    "# HELP a_created x\n# TYPE a_created gauge\na_created 1\n",
    "# HELP gauge x\ngauge 1\n# HELP gauge_x x\ngauge_x 1\n# HELP x_gauge x\nx_gauge 1\n",
    "# HELP s x\ns 1\n# HELP x_s x\nx_s 1\n# HELP x_S x\nx_S 1\n# HELP x_s_y x\nx_s_y 1\n",
    "# HELP x_bits_hours x\nx_bits_hours 1\n",
    "# HELP x_bytes_milliseconds x\nx_bytes_milliseconds 1\n",
    "# HELP thermometers x\nthermometers 1\n# HELP x_kilometers x\nx_kilometers 1\n",
    "# HELP x_milliSeconds x\nx_milliSeconds 1\n",
    "# HELP x_mebibytes x\nx_mebibytes 1\n# HELP x_mibibytes x\nx_mibibytes 1\n",
    "# HELP a:b x\na:b 1\n# HELP :a x\n:a 1\n",
    '# HELP a x\na{fooBar="1",job="2",__x="3"} 1\na{fooBar="2",job="2",__x="3"} 1\n',
    "# HELP a x\na 1\na 1\n",
    "# HELP a x\na 1 1\na 1 2\n",
    "# TYPE a gauge_histogram\na 1\n",
    "# HELP a x\n# TYPE b gauge\n",
    '{"a.b"} 1\n',
    'a{"b.c"="1"} 1\n',
    '# HELP "a.b" x\n# TYPE "a.b" gauge\n{"a.b","c.d"="1"} 1\n',
)
