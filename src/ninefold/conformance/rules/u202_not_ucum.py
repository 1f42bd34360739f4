"""U202, U203 and U211: a unit that is not valid, or not what was meant."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Fix, Found, replaced
from ninefold.conformance._rule import Context, rule
from ninefold.conformance._words import DURATION_WORDS, words
from ninefold.conformance.ucum import Fault, Term, Unit, meant, parse

_LONGEST = 63
_BEL = "B"
_BARN = "b"
_GILBERT = "Gb"
_SIZES = frozenset({"bytes", "byte", "size", "memory", "heap", "rss", "payload", "disk", "length"})


@rule(
    "U202",
    "not-ucum",
    "E",
    fix="unsafe",
    partly=True,
    profiles=("otel",),
    source="OpenTelemetry semantic conventions, metrics: instrument units; UCUM 2.2",
)
def not_ucum(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A unit is no code of the Unified Code for Units of Measure.

    ## Why

    OpenTelemetry units are UCUM, written case-sensitively: `s`, `By`, `%`. What is counted stands
    in braces, in the singular: `{request}`. The Collector and Prometheus make the name's suffix of
    them: `s` becomes `_seconds`, and of a word that is no code something that no dashboard
    expects.

    ## Bad

    ```python
    waited = meter.create_histogram("shop.wait", unit="seconds", description="How long one waits.")
    ```

    ## Use instead

    ```python
    waited = meter.create_histogram("shop.wait", unit="s", description="How long one waits.")
    ```
    """
    unit = declaration.unit
    if unit is None or not unit.value or not unit.value.isascii() or len(unit.value) > _LONGEST:
        return
    fault = parse(unit.value)
    if not isinstance(fault, Fault):
        return
    code = meant(unit.value)
    said = f"the unit {unit.value!r} is not UCUM"
    is_all = (fault.start, fault.end) == (0, len(unit.value))
    yield Found(
        unit.position,
        said if is_all else f"{said}: {fault.message}",
        f"write {code!r}" if code else "write a UCUM code, or what is counted in braces",
        None if code is None else _replaced(declaration, code),
        # Baselines know it by both.
        same=f"{said}: {fault.message}",
    )


@rule(
    "U203",
    "unit-not-meant",
    "W",
    fix="unsafe",
    partly=True,
    profiles=("otel",),
    source="OpenTelemetry semantic conventions, metrics: instrument units; UCUM 2.2",
)
def unit_not_meant(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A unit is valid UCUM, but means something else than what was probably meant.

    ## Why

    UCUM is case-sensitive: `B` is the bel, so `MB` is the megabel; `b` is the barn, `m` the metre
    and `S` the siemens. A tool that knows units shows them as such, or refuses to convert them.

    ## Bad

    ```python
    size = meter.create_histogram("shop.payload", unit="MB", description="Sizes of payloads.")
    ```

    ## Use instead

    ```python
    size = meter.create_histogram("shop.payload", unit="By", description="Sizes of payloads.")
    ```
    """
    unit = declaration.unit
    if unit is None or not unit.value:
        return
    parsed = parse(unit.value)
    if not isinstance(parsed, Unit):
        return
    single = _measured(parsed)
    if single is None:
        return
    spoken = set(words(declaration.name.shown))
    means: str | None = None
    if single.atom in (_BEL, _BARN) and single.prefix not in ("d", "c", "m"):
        means = f"{single.prefix}By" if single.atom == _BEL else f"{single.prefix}bit"
    elif single.atom == _GILBERT and not single.prefix:
        means = "Gbit"
    elif parsed.quantity == "rate":
        means = None
    elif single.atom == "m" and not single.prefix and spoken & DURATION_WORDS:
        means = "min"
    elif single.atom == "S" and not single.prefix and spoken & DURATION_WORDS:
        means = "s"
    elif single.atom == "C" and not single.prefix and "temperature" in spoken:
        means = "Cel"
    elif single.atom in ("G", "T") and not single.prefix and spoken & _SIZES:
        means = f"{single.atom}By"
    if means is not None:
        end = single.start + len(single.prefix + single.atom)
        means = f"{unit.value[: single.start]}{means}{unit.value[end:]}"
        per = " per time" if parsed.quantity == "rate" else ""
        yield Found(
            unit.position,
            f"the unit {unit.value!r} is the {single.name}{per} in UCUM",
            f"write {means!r} if that is what is meant",
            _replaced(declaration, means),
        )


@rule(
    "U211",
    "unit-too-long",
    "E",
    partly=True,
    profiles=("otel",),
    source="OpenTelemetry specification, metrics API: instrument unit",
)
def unit_too_long(declaration: Declaration, context: Context) -> Iterator[Found]:
    """A unit has more than 63 characters, or others than ASCII.

    ## Why

    The API takes no such unit: the Python SDK raises where the instrument is made, others drop the
    unit. The micro sign is the usual one; UCUM writes `u` for it.

    ## Bad

    ```python
    waited = meter.create_histogram("shop.wait", unit="µs", description="How long one waits.")
    ```

    ## Use instead

    ```python
    waited = meter.create_histogram("shop.wait", unit="s", description="How long one waits.")
    ```
    """
    unit = declaration.unit
    if unit is None or not unit.value:
        return
    if not unit.value.isascii():
        code = meant(unit.value)
        yield Found(
            unit.position,
            f"the unit {unit.value!r} has characters that are not ASCII",
            f"write {code!r}" if code else "write a UCUM code",
        )
    elif len(unit.value) > _LONGEST:
        yield Found(
            unit.position,
            f"the unit has {len(unit.value)} characters",
            f"the API takes {_LONGEST} at most; shorten it",
        )


def _measured(unit: Unit) -> Term | None:
    """What is measured, or in a rate what comes in a time."""
    if unit.quantity != "rate":
        return unit.single
    above = [term for term in unit.terms if term.atom and term.exponent > 0]
    return above[0] if len(above) == 1 and above[0].exponent == 1 else None


def _replaced(declaration: Declaration, code: str) -> Fix | None:
    return None if declaration.unit is None else replaced(declaration.unit, code, "unsafe")
