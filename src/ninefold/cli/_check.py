"""`ninefold check`: whether metric names, units, kinds and labels are right.

It parses its own arguments: this command is run on every save and every commit, and the library
that the others parse theirs with takes longer to import than this one takes to run.
"""

from __future__ import annotations

import gc
import os
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final, cast

from ninefold.conformance._facts import Profile
from ninefold.conformance._finding import SEVERITIES, Severity
from ninefold.errors import ConfigurationError

if TYPE_CHECKING:
    from ninefold.conformance._engine import Report
    from ninefold.conformance._options import Options

_FORMATS: Final = (
    "text", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit", "markdown",
)  # fmt: skip
_PROFILES: Final = ("otel", "prometheus", "both")
_HELP: Final = """\
Usage: ninefold check [OPTIONS] [PATH…]

  Check metric names, units, kinds and labels, without importing or running what is checked.

  PATH is a file or a folder of Python (default: the working directory), an exposition
  (*.prom, *.om, *.openmetrics, *.metrics, *.txt, or an address with http:// or https://), or -
  for one on standard input.

  Exits with 0 where there is nothing of the severity --fail-on or above, with 1 where there is,
  and with 2 where something could not be read or the configuration is wrong.

  `ninefold explain CODE` says why a finding matters and what to write instead. What --exclude and
  the like would say stands in [tool.ninefold.check] of pyproject.toml.

Options:
  --select CODES       Only these rules: whole codes or their beginnings (NF-U, U202), by commas.
  --ignore CODES       Not these rules.
  --profile PROFILE    Judge all as otel, prometheus or both (default: by what declares it).
  --format FORMAT      text, concise, json, jsonl, sarif, github, gitlab, junit or markdown
                       (default: text).
  --fail-on SEVERITY   Fail from E (errors), W (warnings) or I (information) on (default: E).
  --statistics         How often each rule was found, instead of each finding.
  --names              What is declared, with its names in Prometheus, instead of each finding.
  --baseline FILE      Do not tell the findings that FILE knows, but those of them that are gone;
                       --baseline= takes none, whatever is configured.
  --write-baseline FILE
                       Write the findings to FILE instead, to be known from now on; what FILE
                       has of files that are not checked stays.
  --config FILE        A file with [tool.ninefold.check] (default: the nearest pyproject.toml).
  --no-cache           Read every file anew; else what is unchanged comes from .ninefold_cache.
  -h, --help           Show this message.
"""
_VALUES: Final = (
    "--select", "--ignore", "--profile", "--format", "--fail-on", "--baseline", "--write-baseline",
    "--config",
)  # fmt: skip
_LISTS: Final = ("--statistics", "--names")
_INTERRUPTED: Final = 130
"""What a shell gives for a command that Ctrl-C ends."""
_FLAGS: Final = (*_LISTS, "--no-cache", "--help", "-h")
_FOR_PEOPLE: Final = ("text", "concise")


class Arguments:
    """What the command line says."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.values: dict[str, list[str]] = {}
        self.flags: set[str] = set()

    def last(self, name: str, choices: tuple[str, ...] = ()) -> str | None:
        """The last value that an option is given. Raises `ConfigurationError` for a wrong one."""
        given = self.values.get(name)
        if not given:
            return None
        if choices and given[-1] not in choices:
            near = _meant(given[-1], choices)
            raise ConfigurationError(
                f"{name} must be one of {', '.join(choices)}, got {given[-1]!r}"
                + (f"; did you mean {near}?" if near else "")
            )
        return given[-1]

    def shown(self, form: str) -> str | None:
        """The list that is asked for instead of each finding.

        Raises `ConfigurationError` where there are two, or `form` is one for programs: these would
        read a list for people.
        """
        lists = [each for each in _LISTS if each in self.flags]
        if not lists:
            return None
        if len(lists) > 1:
            raise ConfigurationError(f"{' and '.join(lists)} exclude each other; leave one out")
        if form not in _FOR_PEOPLE:
            beside = "in `metrics`" if lists[0] == "--names" else "to be counted"
            raise ConfigurationError(
                f"{lists[0]} writes a list for people, got --format {form}; leave one of them out:"
                f" --format json has it all, {beside}"
            )
        return lists[0]

    def codes(self, name: str) -> tuple[str, ...] | None:
        """The codes that an option is given, or None where it is not."""
        if name not in self.values:
            return None
        from ninefold.conformance._config import codes

        listed = (each for value in self.values[name] for each in value.split(","))
        return codes(tuple(each for each in listed if each.strip()), name)


def main(arguments: list[str]) -> int:
    """Run the command; the exit code."""
    # What a run makes lives to its end: to look for garbage meanwhile takes a third of its time.
    gc.disable()
    if isinstance(sys.stdout, TextIOWrapper):
        # A path may be of bytes that are no text, and a terminal may know few letters.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        parsed = parse(arguments)
        if parsed.flags & {"--help", "-h"}:
            sys.stdout.write(_HELP)
            return 0
        return _run(parsed)
    except ConfigurationError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 2
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Who reads has seen enough; what is left to write goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception:  # noqa: BLE001 - 1 would say that all was read, and something found
        import traceback

        traceback.print_exc()
        sys.stderr.write("Error: ninefold itself failed; nothing was checked: please report it\n")
        return 2
    finally:
        gc.enable()


def parse(arguments: list[str]) -> Arguments:
    """The arguments as they are meant. Raises `ConfigurationError` for an unknown option."""
    parsed = Arguments()
    rest = iter(arguments)
    for each in rest:
        name, equals, value = each.partition("=")
        if each == "--":
            parsed.paths.extend(rest)
        elif name in _VALUES:
            if not equals:
                value = next(rest, "")
            # A script whose variable is empty means no such thing; `--baseline=` takes none.
            if not value and not (equals and name == "--baseline"):
                raise ConfigurationError(f"{name} needs a value")
            parsed.values.setdefault(name, []).append(value)
        elif each in _FLAGS:
            parsed.flags.add(each)
        elif name in _FLAGS:
            raise ConfigurationError(f"{name} takes no value, got {value!r}")
        elif each.startswith("-") and each != "-":
            raise ConfigurationError(f"there is no option {name}; {_instead(name)}")
        else:
            parsed.paths.append(each)
    return parsed


def _instead(option: str) -> str:
    """What to do instead of giving an option that there is not."""
    from ninefold.conformance._config import KEYS
    from ninefold.core import nearest

    key = option.removeprefix("--")
    if key in KEYS:
        return f"{key} is a key of [tool.ninefold.check] in pyproject.toml"
    near = nearest(option, (*_VALUES, *_FLAGS))
    return f"did you mean {near}?" if near else "--help lists them"


def _meant(value: str, choices: tuple[str, ...]) -> str | None:
    """The choice that a value was meant to be: `JSON`, `warning` for W, or a misspelling."""
    from ninefold.core import nearest

    for each in choices:
        if value.lower().startswith(each.lower()):
            return each
    return nearest(value, choices)


def _run(parsed: Arguments) -> int:
    from ninefold.conformance._check import check, options_of
    from ninefold.conformance._config import configuration
    from ninefold.conformance.reporters import written

    form = parsed.last("--format", _FORMATS) or "text"
    shown = parsed.shown(form)
    found = configuration(parsed.last("--config"))
    fail_on = cast("Severity | None", parsed.last("--fail-on", SEVERITIES)) or found.fail_on
    select, ignore = parsed.codes("--select"), parsed.codes("--ignore")
    profile = cast("Profile | None", parsed.last("--profile", _PROFILES))
    options = options_of(found)
    options = options._replace(
        select=options.select if select is None else select,
        ignore=options.ignore if ignore is None else (*options.ignore, *ignore),
        profile=profile or options.profile,
    )
    write_to = parsed.last("--write-baseline")
    baseline = "" if write_to else parsed.last("--baseline")
    if baseline is not None:
        found = found._replace(baseline=baseline)
    report = check(
        parsed.paths or ["."], options, found, is_cached="--no-cache" not in parsed.flags
    )
    if write_to:
        report = _write_baseline(write_to, report, parsed.paths or ["."], options)
    for each in report.gone:
        sys.stderr.write(f"gone: {each}\n")
    if report.gone:
        sys.stderr.write("--write-baseline writes the baseline anew, without what is gone\n")
    if shown == "--statistics":
        from ninefold.conformance.reporters._summary import statistics, summary

        sys.stdout.write("\n".join([*statistics(report), summary(report)]) + "\n")
    elif shown == "--names":
        from ninefold.conformance.reporters._names import names
        from ninefold.conformance.reporters._summary import summary

        sys.stdout.write("\n".join([*names(report), summary(report)]) + "\n")
    else:
        sys.stdout.write(written(form, report, colour=_is_coloured()))
    sys.stdout.flush()
    if report.facts.unread:
        return 2
    failing = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return 1 if any(each.severity in failing for each in report.findings) else 0


def _write_baseline(file: str, report: Report, paths: list[str], options: Options) -> Report:
    """Write the baseline; what is left to tell is what could not be read."""
    from ninefold.conformance._baseline import write_baseline
    from ninefold.conformance._engine import UNREAD, is_chosen
    from ninefold.conformance.reporters._summary import plural
    from ninefold.conformance.rules import every_rule

    ran = [each for each in every_rule() if is_chosen(each, options)]
    count, kept = write_baseline(file, report, paths, ran, options.folder)
    rest = f", {kept} kept of what was not checked" if kept else ""
    sys.stderr.write(f"{plural(count, 'finding')} written to {file}{rest}\n")
    unread = tuple(each for each in report.findings if each.code == UNREAD)
    return report._replace(findings=unread, known=count)


def _is_coloured() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()
