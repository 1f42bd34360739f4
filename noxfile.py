"""Every check of this project. `nox` runs the default ones; `nox -l` lists them all.

Sessions need Python and a package index alone. Interpreters that are not present are skipped.
"""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"

ROOT = Path(__file__).parent
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
LOWEST = PYTHONS[0]

# The interpreter that measures coverage: the one that runs nox, where that one is supported.
_running = ".".join(platform.python_version_tuple()[:2])
MEASURED = _running if _running in PYTHONS else LOWEST

# The extras that something stands on today; celery and sqlalchemy bring much along.
PROJECT_AND_EXTRAS = ".[demo,redis,requests,starlette,structlog]"

# The lowest releases that pyproject.toml admits. OTLP exporters up to 1.40 want an older protobuf,
# and releases of that time want frameworks of that time.
LOWEST_OPENTELEMETRY = (
    "opentelemetry-api==1.30.0",
    "opentelemetry-exporter-otlp==1.30.0",
    "opentelemetry-propagator-b3==1.30.0",
    "opentelemetry-sdk==1.30.0",
    "protobuf>=5,<6",
)
NEWEST_OPENTELEMETRY = (
    "opentelemetry-api",
    "opentelemetry-exporter-otlp",
    "opentelemetry-propagator-b3",
    "opentelemetry-sdk",
)

# The lowest OpenTelemetry is met on the Python in the middle, the newest on the highest: one run of
# tests/unit/telemetry shows what either may change. Tests beside contrib's instrumentations are
# among the integrations' and stay. What plays on virtual time, or only reads files of this
# repository, is the same on every Python.
MIDDLE = PYTHONS[len(PYTHONS) // 2]
HIGHEST = PYTHONS[-1]
ON_HIGHEST = (
    "src",
    "tests/unit",
    "tests/packaging",
    "tests/integration/test_ends.py",
    "--ignore=tests/unit/registry/test_generation.py",
    "--ignore=tests/unit/registry/test_weaver_form.py",
    "--ignore=tests/unit/resilience/test_outage_simulation.py",
    "--ignore=tests/unit/sampling/test_simulation.py",
    "--ignore=tests/unit/telemetry",
)
# On Pythons beside the measured one: what their Python may change.
EVERYWHERE = ("src", "tests/unit", "tests/packaging", "tests/integration/test_ends.py")
# On those between the lowest and the highest: how tasks, threads and processes end. The rest runs
# there on the lowest OpenTelemetry.
BETWEEN = (
    "tests/unit/resilience",
    "tests/packaging",
    "tests/integration/test_ends.py",
    "--ignore=tests/unit/resilience/test_outage_simulation.py",
)
# What another OpenTelemetry may change; the rest asks none of it.
ON_OPENTELEMETRY = (
    "tests/unit/telemetry",
    "tests/unit/integrations",
    "tests/property",
    "tests/conformance",
    "tests/integration",
)
# What takes long and is the same on every OpenTelemetry.
WITHOUT_SLOW = (
    "--ignore=tests/integration/test_admin_port.py",
    "--ignore=tests/integration/test_celery.py",
    "--ignore=tests/integration/test_deferred_keep.py",
    "--ignore=tests/integration/test_demo.py",
    "--ignore=tests/integration/test_ends.py",
    "--ignore=tests/integration/test_objectives.py",
    "--ignore=tests/integration/test_sampling_reload.py",
    "--ignore=tests/integration/test_sampling_services.py",
    "--ignore=tests/integration/test_sampling_simulate.py",
    "--ignore=tests/property/test_sampling_reload.py",
    "--ignore=tests/unit/telemetry/test_sampling_limits.py",
)
# What asks nothing of OpenTelemetry, or tries the tests' own parts without ninefold.
WITHOUT_OTHERS = (
    "--ignore-glob=*/test_health*",
    "--ignore=tests/conformance/test_backoff.py",
    "--ignore=tests/conformance/test_breaker.py",
    "--ignore=tests/conformance/test_budget.py",
    "--ignore=tests/conformance/test_bulkhead.py",
    "--ignore=tests/conformance/test_cases.py",
    "--ignore=tests/conformance/test_conventions_in_source.py",
    "--ignore=tests/conformance/test_deadline.py",
    "--ignore=tests/conformance/test_fixes.py",
    "--ignore=tests/conformance/test_names.py",
    "--ignore=tests/conformance/test_openslo.py",
    "--ignore=tests/conformance/test_policy.py",
    "--ignore=tests/conformance/test_quorum.py",
    "--ignore=tests/conformance/test_realcode.py",
    "--ignore=tests/conformance/test_redaction.py",
    "--ignore=tests/conformance/test_rule_pages.py",
    "--ignore=tests/conformance/test_rule_reference.py",
    "--ignore=tests/conformance/test_sampling_deferred.py",
    "--ignore=tests/conformance/test_sampling_rules.py",
    "--ignore=tests/integration/test_kubernetes.py",
    "--ignore=tests/integration/test_openmetrics_agreement.py",
    "--ignore=tests/integration/test_parts.py",
    "--ignore=tests/integration/test_promtool_agreement.py",
    "--ignore=tests/integration/test_shared_breaker.py",
    "--ignore=tests/property/test_backoff.py",
    "--ignore=tests/property/test_breaker.py",
    "--ignore=tests/property/test_budget.py",
    "--ignore=tests/property/test_bulkhead.py",
    "--ignore=tests/property/test_check_cache.py",
    "--ignore=tests/property/test_deadline.py",
    "--ignore=tests/property/test_lag.py",
    "--ignore=tests/property/test_names.py",
    "--ignore=tests/property/test_openslo.py",
    "--ignore=tests/property/test_otlp_files.py",
    "--ignore=tests/property/test_quorum.py",
    "--ignore=tests/property/test_redaction.py",
    "--ignore=tests/property/test_retry.py",
    "--ignore=tests/property/test_sampling_deferral.py",
    "--ignore=tests/property/test_sampling_guard.py",
    "--ignore=tests/property/test_sampling_matching.py",
    "--ignore=tests/property/test_sampling_rate.py",
    "--ignore=tests/property/test_sampling_statistics.py",
    "--ignore=tests/property/test_simulation.py",
    "--ignore=tests/property/test_source_reader.py",
    "--ignore=tests/property/test_ucum.py",
    "--ignore=tests/unit/telemetry/test_board.py",
    "--ignore=tests/unit/telemetry/test_faults.py",
    "--ignore=tests/unit/telemetry/test_workers_files.py",
)
# Servers are processes of their own, which are not measured; and what draws or calls millions of
# times takes two to three times as long where what it covers is, which is what the rest covers too.
UNMEASURED = (
    "tests/faults",
    "tests/integration",
    "tests/property",
    "tests/unit/registry/test_generation.py",
    "tests/unit/registry/test_weaver_form.py",
    "tests/unit/resilience/test_breaker_state.py",
    "tests/unit/resilience/test_outage_simulation.py",
    "tests/unit/sampling/test_simulation.py",
)
# A few examples of each law, the same each time, meet what differs here or there; `laws` tries all.
FEW = {"FEW_EXAMPLES": "1"}
# Tests beside contrib's instrumentations skip here; those run in the session `tests`.
WITHOUT_CONTRIB = {"REQUIRE_COMPONENTS": "0"} | FEW

# Tests start hundreds of processes, and compiling what each imports takes longer than they run.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ.setdefault("UV_PYTHON_DOWNLOADS", "never")
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = False
nox.options.stop_on_first_error = False
nox.options.sessions = [
    "lint",
    "types",
    "contracts",
    "catalogue",
    "check",
    "tests",
    "coverage",
    "otel-lowest",
    "otel-newest",
    "package",
    "docs",
    "examples",
]


def _group(*names: str) -> tuple[str, ...]:
    """Requirements of these dependency groups."""
    return tuple(nox.project.dependency_groups(PROJECT, *names))


def _pytest(
    session: nox.Session, *paths: str, workers: int = 4, env: dict[str, str] | None = None
) -> None:
    """Run these tests, or those named after `--`."""
    # Many wait for real servers, hence more workers than cores; and tests that take long stand
    # together, so that a worker with nothing left to do takes of another's.
    spread = ("-n", str(workers), "--dist", "worksteal")
    session.run("python", "-m", "pytest", *(session.posargs or (*spread, *paths)), env=env)


@nox.session
def lint(session: nox.Session) -> None:
    """Style and format by ruff; `nox -s lint -- --fix` mends what it can."""
    session.install(*_group("lint"))
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", *(() if "--fix" in session.posargs else ("--check",)))


@nox.session
def types(session: nox.Session) -> None:
    """Check types of src and tests/typing, by mypy --strict and basedpyright."""
    session.install("-e", PROJECT_AND_EXTRAS, *_group("types"))
    session.run("mypy")
    session.run("basedpyright")


@nox.session
def contracts(session: nox.Session) -> None:
    """Check who imports whom: the layers of the architecture, by import-linter."""
    session.install("--no-deps", "-e", ".")
    session.install(*_group("contracts"))
    session.run("lint-imports", "--no-cache")


@nox.session
def catalogue(session: nox.Session) -> None:
    """Check the typed catalogue against conformance/registry; `-- --write` makes it anew."""
    session.install(*_group("catalogue"))
    arguments = () if "--write" in session.posargs else ("--check",)
    session.run("python", "scripts/generate_catalogue.py", *arguments)


@nox.session
def check(session: nox.Session) -> None:
    """Check our own metrics, and those of the docs' snippets, by `ninefold check`."""
    session.install("--no-deps", "-e", ".")
    snippets = Path(session.create_tmp()) / "snippets"
    shutil.rmtree(snippets, ignore_errors=True)
    session.run("python", "scripts/run_snippets.py", "--into", str(snippets), "README.md", "docs")
    checked = ("src", "examples", "scripts", "bench", str(snippets))
    session.run("ninefold", "check", *(session.posargs or ("--no-cache", *checked)))


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests on each supported Python, all of them on one; `-- PATHS` chooses."""
    session.install("-e", PROJECT_AND_EXTRAS, *_group("test", "components", "contrib"))
    if session.python == MEASURED and not session.posargs:
        session.run("coverage", "erase")
        apart = (f"--ignore={path}" for path in UNMEASURED)
        measuring = ("--cov", "--cov-report=", "--cov-fail-under=0")
        # Few wait for anything, and each worker collects and compiles all of them.
        _pytest(session, *apart, *measuring, workers=3, env=FEW)
        _pytest(session, *UNMEASURED, env=FEW)
    else:
        where = {HIGHEST: ON_HIGHEST} | dict.fromkeys(PYTHONS[1:-1], BETWEEN)
        paths = where.get(str(session.python), EVERYWHERE)
        _pytest(session, *paths, env=None if session.posargs else FEW)


@nox.session
def laws(session: nox.Session) -> None:
    """Try every law of tests/property at full length, and promtool; CI leaves this long run out."""
    session.install("-e", PROJECT_AND_EXTRAS, *_group("test", "components"))
    _pytest(session, "tests/property", "tests/integration/test_promtool_agreement.py")


@nox.session
def coverage(session: nox.Session) -> None:
    """Report the branch coverage that the session `tests` measured."""
    session.install(*_group("coverage"))
    session.run("coverage", "report", *session.posargs)


@nox.session(name="otel-lowest", python=MIDDLE)
def otel_lowest(session: nox.Session) -> None:
    """Run the tests on the lowest supported OpenTelemetry."""
    session.install("-e", PROJECT_AND_EXTRAS, *_group("test", "components"), *LOWEST_OPENTELEMETRY)
    _pytest(session, *ON_OPENTELEMETRY, *WITHOUT_SLOW, *WITHOUT_OTHERS, env=WITHOUT_CONTRIB)


@nox.session(name="otel-newest", python=HIGHEST)
def otel_newest(session: nox.Session) -> None:
    """Run the tests on the newest OpenTelemetry, which contrib's may not know, and Python."""
    session.install("-e", PROJECT_AND_EXTRAS, *_group("test", "components"))
    session.install("--upgrade", *NEWEST_OPENTELEMETRY)
    _pytest(session, *ON_OPENTELEMETRY, *WITHOUT_SLOW, *WITHOUT_OTHERS, env=WITHOUT_CONTRIB)


@nox.session
def ends(session: nox.Session) -> None:
    """End every server there is by SIGTERM, its collector alive, refusing and silent; minutes."""
    session.install("-e", PROJECT_AND_EXTRAS, *_group("test", "components"))
    session.run(
        "python",
        "-m",
        "pytest",
        "tests/integration/test_ends.py",
        "tests/integration/test_health_workers.py",
        env={"EVERY_SERVER": "1"},
    )


@nox.session
def servers(session: nox.Session) -> None:
    """Try every row of health's table, and every way of exporting, on each server; minutes."""
    session.install("-e", PROJECT_AND_EXTRAS, *_group("test", "components"))
    _pytest(
        session,
        "tests/integration/test_health_rows.py",
        "tests/integration/test_http_end_to_end.py",
        env={"EVERY_SERVER": "1"},
    )


@nox.session
def faults(session: nox.Session) -> None:
    """Show every fault at its full size, and print the table of docs/explanation; a long soak."""
    session.install("-e", PROJECT_AND_EXTRAS, *_group("test", "components"))
    sizes = {"EVERY_FAULT": "1", "EVERY_SERVER": "1"}
    chosen = session.posargs or (
        "tests/faults",
        "tests/integration/test_ends.py",
        "tests/integration/test_deferred_keep.py",
        "tests/integration/test_sampling_services.py",
    )
    session.run("python", "-m", "pytest", *chosen, env=sizes)


@nox.session
def package(session: nox.Session) -> None:
    """Run tests/packaging against the built wheel, installed without extras."""
    wheels = Path(session.create_tmp()) / "wheels"
    for old in wheels.glob("*.whl"):
        old.unlink()
    session.install(*_group("packaging"))
    session.run("python", "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels), silent=True)
    [wheel] = wheels.glob("*.whl")
    session.install("--force-reinstall", "--no-deps", str(wheel))
    session.install(str(wheel))
    session.run("python", "-m", "pytest", "tests/packaging", env={"TEST_WHEEL": "1"})


@nox.session
def api(session: nox.Session) -> None:
    """Renew tests/packaging/api-snapshot.txt after a wanted change of the public API."""
    session.install("-e", PROJECT_AND_EXTRAS, *_group("packaging"))
    session.run("python", "tests/packaging/api_snapshot.py", "--write")


@nox.session
def docs(session: nox.Session) -> None:
    """Run every snippet of README and docs, then build the site; warnings are errors."""
    session.install("-e", PROJECT_AND_EXTRAS, *_group("docs"))
    session.run("python", "scripts/generate_settings.py", "--check")
    session.run("python", "scripts/generate_rule_pages.py", "--check")
    session.run("python", "scripts/run_snippets.py", "README.md", "docs")
    # The theme announces its successor on every build.
    quiet = {"NO_MKDOCS_2_WARNING": "1"}
    session.run("python", "-m", "mkdocs", "build", "--strict", "--quiet", env=quiet)


@nox.session
def outage(session: nox.Session) -> None:
    """Play the outage of docs/explanation/resilience at full size and compare; `-- --write`."""
    session.install("-e", ".")
    session.run("python", "scripts/simulate_outage.py", *(session.posargs or ("--check",)))


@nox.session
def examples(session: nox.Session) -> None:
    """Run every file of examples/ to its end."""
    session.install("-e", PROJECT_AND_EXTRAS, "httpx2>=2.0", "pytest>=8.2")
    found = sorted((ROOT / "examples").glob("*.py"))
    if not found:
        session.error("examples/ holds no example")
    for example in found:
        session.run("python", "-W", "error", str(example))


@nox.session
def bench(session: nox.Session) -> None:
    """Measure against the peers, which want an OpenTelemetry of their own."""
    session.install("-e", PROJECT_AND_EXTRAS, "-r", "bench/requirements.txt")
    session.run("python", "-m", "bench", *session.posargs)


@nox.session(name="bench-health")
def bench_health(session: nox.Session) -> None:
    """Let dependencies fail under ninefold and its peers, and probe in distress; 8 minutes."""
    session.install("-e", PROJECT_AND_EXTRAS, "-r", "bench/requirements.txt")
    session.run("python", "-m", "bench.health", *session.posargs)
    quick = ("--quick",) if "--quick" in session.posargs else ()
    session.run("python", "-m", "bench.health_probe", *quick)


@nox.session(name="bench-sampling")
def bench_sampling(session: nox.Session) -> None:
    """Measure sampling decisions, dropped spans and deferral beside the SDK and logfire."""
    session.install("-e", PROJECT_AND_EXTRAS, "-r", "bench/requirements.txt")
    session.run("python", "-m", "bench.sampling", *session.posargs)
    quick = ("--seconds", "5") if "--quick" in session.posargs else ()
    session.run("python", "-m", "bench.sampling.memory", *quick)


@nox.session(name="bench-check")
def bench_check(session: nox.Session) -> None:
    """Measure `ninefold check`, cold and cached, beside ruff on the same trees in turn."""
    session.install("-e", PROJECT_AND_EXTRAS, *_group("lint"), *_group("components", "contrib"))
    session.run("python", "-m", "bench.check", *session.posargs)


@nox.session
def changelog(session: nox.Session) -> None:
    """Show what the fragments in changelog.d/ say; `-- build --yes` writes CHANGELOG.md."""
    session.install(*_group("changelog"))
    session.run("towncrier", *(session.posargs or ("build", "--draft")))
