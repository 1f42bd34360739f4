"""`ninefold coverage`: what it lists, what it misses, and how it refuses."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner, Result

from ninefold.cli import _coverage, main
from ninefold.service import current

FASTAPI = """
    import ninefold as nf
    from fastapi import APIRouter, FastAPI

    print("the application says hello")
    service = nf.setup("shop", owner="payments")
    app = service.instrument(FastAPI())
    orders = APIRouter(prefix="/orders")


    @orders.get("/{id}")
    @orders.delete("/{id}")
    def order(id: int) -> int:
        return id


    @app.post("/checkout")
    @app.get("/items/{id:path}")
    @app.get("/healthz")
    def page() -> str:
        return "page"


    app.include_router(orders, prefix="/v1")
    checkout = nf.availability(route="/checkout", target=0.999)
    service.objective("checkout-availability", checkout)
    items = nf.latency(route=["/items/{id:path}", "/checkout"], threshold=0.3, target=0.99)
    service.objective("items-latency", items, owner="catalogue")
"""
FLASK = """
    import ninefold as nf
    from flask import Flask

    service = nf.setup("inventory")


    def make(name: str = "inventory") -> Flask:
        app = service.instrument(Flask(name))
        app.add_url_rule("/stock/<int:item>", "one", lambda item: "3")
        app.add_url_rule("/stock", "all", lambda: "ok", methods=["POST"])
        return app


    app = make()
    service.objective("reads", nf.availability(route="/stock/<int:item>", target=0.999))
    app.run()
"""


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory, no setting in the environment, and nothing left behind."""
    for variable in os.environ:
        if variable.startswith(("NINEFOLD_", "OTEL_")):
            monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)
    yield tmp_path
    service = current()
    if service is not None:
        service.shutdown()
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


def _run(source: str, *arguments: str, module: str = "coverage_app") -> Result:
    Path(f"{module}.py").write_text(dedent(source), encoding="utf-8")
    return CliRunner().invoke(main, ["coverage", *arguments])


def test_a_fastapi_application_is_listed_for_people() -> None:
    """A row per route in the order of the routers, and what is missing; health is left out."""
    result = _run(FASTAPI, "coverage_app:app")
    assert result.exit_code == 1, result.output
    assert result.stdout == dedent(
        """\
        shop

        route             methods      owner                objectives
        /items/{id:path}  GET          catalogue            items-latency (latency)
        /checkout         POST         payments, catalogue  checkout-availability (availability), \
items-latency (latency)
        /v1/orders/{id}   DELETE, GET  payments             -

        2 of 3 routes have an objective; 3 have an owner
        5 left out, of health, metrics, documentation and static files; --all lists them
        """
    )
    assert result.stderr == "the application says hello\n"


def test_json_is_for_programs() -> None:
    """One document on standard output, whatever the application prints."""
    result = _run(FASTAPI, "coverage_app:app", "--format", "json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["routes"][1:] == [
        {
            "route": "/checkout",
            "methods": ["POST"],
            "objectives": ["checkout-availability", "items-latency"],
            "owner": "payments, catalogue",
        },
        {
            "route": "/v1/orders/{id}",
            "methods": ["DELETE", "GET"],
            "objectives": [],
            "owner": "payments",
        },
    ]
    del report["routes"]
    assert report == {
        "service": "shop",
        "operations": [],
        "dependencies": [],
        "unknown": [],
        "missing": 1,
    }


def test_a_flask_application_without_an_owner_says_so() -> None:
    """Neither static files nor a call of `app.run()` at the module's end are in the way."""
    result = _run(FLASK, "coverage_app:app")
    assert result.exit_code == 1, result.output
    assert result.stdout == dedent(
        """\
        inventory

        route              methods  owner  objectives
        /stock/<int:item>  GET      -      reads (availability)
        /stock             POST     -      -

        1 of 2 routes has an objective; 0 have an owner
        1 left out, of health, metrics, documentation and static files; --all lists them
        """
    )
    everything = _run(FLASK, "coverage_app:app", "--all", "--format", "json")
    assert [row["route"] for row in json.loads(everything.stdout)["routes"]] == [
        "/static/<path:filename>",
        "/stock/<int:item>",
        "/stock",
    ]


def test_the_service_as_a_whole_covers_its_routes() -> None:
    """All but those that it does not count; told apart, and nothing is missing."""
    extra = '    service.objective("all", nf.availability(target=0.999))\n'
    result = _run(FASTAPI + extra, "coverage_app:app")
    assert result.exit_code == 0, result.output
    assert "/v1/orders/{id}   DELETE, GET  payments             all (availability of the whole" in (
        result.stdout
    )
    assert (
        "3 of 3 routes have an objective; 3 have an owner\n1 of the routes only as" in result.stdout
    )
    everything = _run(FASTAPI + extra, "coverage_app:app", "--all", "--format", "json")
    assert everything.exit_code == 1
    rows = {row["route"]: row for row in json.loads(everything.stdout)["routes"]}
    assert rows["/docs"]["objectives"] == ["all"]
    assert rows["/healthz"]["objectives"] == []


def test_an_objective_that_names_no_route_is_missing_one() -> None:
    """What the service would say at start-up fails the command before."""
    typo = '    service.objective("a", nf.availability(route="/chekout", target=0.999))\n'
    whole = '    service.objective("all", nf.availability(target=0.999))\n'
    result = _run(FASTAPI + typo + whole, "coverage_app:app")
    assert result.exit_code == 1
    assert (
        "unknown: objective 'a' is about the route '/chekout', which is not there;"
        " did you mean '/checkout'?\n"
    ) in result.stdout


def test_operations_are_listed_as_routes_are() -> None:
    """Each once, whatever kinds can be about it, with its own owner or the objective's."""
    extra = """
    service.objective("all", nf.availability(target=0.999))
    order = nf.latency(operation="place_order", threshold=1, target=0.99)
    refund = nf.availability(operation="refund", target=0.99)
    service.objective("orders", order, owner="sales")
    service.objective("refunds", refund)


    @service.measure("place_order")
    def place_order() -> None: ...


    @service.measure("charge", owner="billing")
    def charge() -> None: ...


    @service.measure("refund", owner="billing")
    def refund() -> None: ...
    """
    result = _run(FASTAPI + extra, "coverage_app:app")
    assert result.exit_code == 1, result.output
    assert result.stdout.partition("\n\n")[2].partition("\n\n")[2] == dedent(
        """\
        operation    methods  owner    objectives
        place_order           sales    orders (latency)
        charge                billing  -
        refund                billing  refunds (availability)

        3 of 3 routes have an objective; 3 have an owner
        2 of 3 operations have an objective; 3 have an owner
        1 of the routes only as part of the whole service
        5 left out, of health, metrics, documentation and static files; --all lists them
        """
    )
    report = json.loads(_run(FASTAPI + extra, "coverage_app:app", "--format", "json").stdout)
    assert report["missing"] == 1
    assert report["operations"][1] == {
        "operation": "charge",
        "kind": "operation",
        "objectives": [],
        "owner": "billing",
    }


def test_states_that_are_registered_are_listed() -> None:
    """Freshness and saturation, each for itself although they share a name."""
    extra = """
    service.objective("all", nf.availability(target=0.999))
    service.freshness("index", updated_at=lambda: 0.0)
    service.saturation("index", usage=lambda: 1, limit=2)
    service.objective("index-age", nf.fresh("index", threshold=60, target=0.99))
    service.objective("pool", nf.saturation("pol", threshold=0.8, target=0.99))
    """
    result = _run(FASTAPI + extra, "coverage_app:app", "--format", "json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert [(row["kind"], row["objectives"]) for row in report["operations"]] == [
        ("freshness", ["index-age"]),
        ("saturation", []),
    ]
    assert "about the saturation 'pol', which is not there" in report["unknown"][0]
    assert report["missing"] == 2


def test_a_factory_is_called() -> None:
    """Also one of a package, and one that sets the service up itself."""
    Path("coverage_shop").mkdir()
    Path("coverage_shop/__init__.py").touch()
    source = """
        import ninefold as nf
        from flask import Flask

        def create_app():
            print("made")
            service = nf.setup("inventory", owner="logistics")
            service.objective("all", nf.availability(target=0.999))
            app = Flask("inventory")
            app.get("/stock")(lambda: "3")
            return service.instrument(app)
    """
    module = "coverage_shop/main"
    called = _run(source, "--factory", "coverage_shop.main:create_app", module=module)
    assert called.exit_code == 0, called.output
    assert "1 of 1 route has an objective; 1 has an owner" in called.stdout
    assert called.stderr == "made\n"


def test_a_middleware_around_the_application_is_looked_through() -> None:
    """Servers are often given the application wrapped once more."""
    extra = """
    from starlette.middleware.cors import CORSMiddleware
    outer = CORSMiddleware(app)
    """
    assert "2 of 3 routes have an objective" in _run(FASTAPI + extra, "coverage_app:outer").stdout


WITHOUT_SETUP = "from flask import Flask\napp = Flask('shop')\ncreate = lambda: app\n"
PLAIN = "import ninefold as nf\nservice = nf.setup('shop')\n"
BARE = PLAIN + "async def app(scope, receive, send): ...\napp = service.instrument(app)\n"


@pytest.mark.parametrize(
    ("source", "arguments", "told"),
    [
        ("", ["coverage_app"], "must be MODULE:ATTRIBUTE, as for uvicorn, got 'coverage_app'"),
        ("", ["nowhere:app"], "there is no module 'nowhere' in "),
        ("", ["coverage_app:app"], "there is no 'app' in coverage_app; name what the server"),
        ("", ["coverage_app:create_app()"], "name it and pass --factory"),
        (
            "import gone_module",
            ["coverage_app:app"],
            "failed: ModuleNotFoundError: No module named",
        ),
        ("raise SystemExit", ["coverage_app:app"], "the import of coverage_app failed: SystemExit"),
        ("import os", ["coverage_app:os"], "coverage_app:os is a module; name the application"),
        ("app = 1", ["coverage_app:app", "--factory"], "is no function, got a int; leave out"),
        ("def app(): 1 / 0", ["coverage_app:app", "--factory"], "failed: ZeroDivisionError: div"),
        ("async def app(): ...", ["coverage_app:app", "--factory"], "coverage_app:app is async"),
        (WITHOUT_SETUP, ["coverage_app:app"], "no setup() was called: call ninefold.setup()"),
        (PLAIN + WITHOUT_SETUP, ["coverage_app:app"], "is a Flask that was not instrumented: pass"),
        (PLAIN + WITHOUT_SETUP, ["coverage_app:create"], "or --factory here if it makes"),
        (BARE, ["coverage_app:app"], "is a bare ASGI or WSGI callable, whose routes nobody can"),
        (
            "import ninefold as nf\nnf.setup('shop', prometheus=3)",
            ["coverage_app:app"],
            "prometheus",
        ),
    ],
)
def test_what_cannot_be_looked_at_says_what_to_do(
    source: str, arguments: list[str], told: str
) -> None:
    """Exit code 2 and a line with the remedy, apart from exit code 1 for what is missing."""
    result = _run(source, *arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert told in " ".join(result.stderr.split())


def test_a_failing_import_shows_where() -> None:
    """The author of the application needs the line, as the server would have shown it."""
    result = _run("x = 1\nraise ValueError('no database')\n", "coverage_app:app")
    assert "coverage_app.py" in result.stderr
    assert result.stderr.endswith(
        "Error: the import of coverage_app failed: ValueError: no database\n"
    )


def test_a_disabled_service_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the kill switch nothing is instrumented; that is the reason given."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    result = _run(FASTAPI, "coverage_app:app")
    assert result.exit_code == 2
    assert "shop is disabled by OTEL_SDK_DISABLED" in result.stderr


def test_nothing_is_exported_and_the_environment_is_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither importing nor listing builds providers; what the application records goes nowhere."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    before = dict(os.environ)
    assert _run(FASTAPI, "coverage_app:app").exit_code == 1
    assert dict(os.environ) == before
    service = current()
    assert service is not None
    assert service.telemetry.pipeline.built is None
    assert service.settings.traces_exporter == service.settings.metrics_exporter == ()


def test_as_a_process_it_starts_no_thread_and_looks_in_the_working_directory() -> None:
    """The installed command finds what the server finds, and leaves nothing running."""
    recording = """
    import atexit, threading
    service.telemetry.pipeline.ensure()
    atexit.register(lambda: print("alive", *(each.name for each in threading.enumerate())))
    """
    Path("coverage_app.py").write_text(dedent(FASTAPI + recording), encoding="utf-8")
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "from ninefold.cli import main; main()",
            "coverage",
            "coverage_app:app",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"},
        check=False,
    )
    assert ran.returncode == 1, ran.stderr
    assert "2 of 3 routes have an objective" in ran.stdout
    assert ran.stdout.endswith("alive MainThread\n")


def test_on_a_terminal_rich_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra `cli`, the table is rich's; every row and sentence is in it."""
    rich_console = pytest.importorskip("rich.console", reason="rich is not installed (extra `cli`)")
    out = io.StringIO()

    class Terminal(rich_console.Console):  # type: ignore[misc]  # rich may be absent
        def __init__(self) -> None:
            super().__init__(file=out, width=200)

    monkeypatch.setattr(rich_console, "Console", Terminal)
    typo = '    service.objective("a", nf.availability(route="/[x]", target=0.999))\n'
    Path("coverage_app.py").write_text(dedent(FASTAPI + typo), encoding="utf-8")
    _coverage.print_rich(_coverage.look("coverage_app:app", factory=False, everything=False))
    shown = out.getvalue()
    for text in ("/v1/orders/{id}", "items-latency (latency)", "unknown: objective 'a'", "'/[x]'"):
        assert text in shown
    assert "2 of 3 routes have an objective; 3 have an owner" in shown


def test_a_narrow_terminal_cuts_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of a runbook's address leads nowhere: it goes on in the next line."""
    rich_console = pytest.importorskip("rich.console", reason="rich is not installed (extra `cli`)")
    out = io.StringIO()

    class Terminal(rich_console.Console):  # type: ignore[misc]  # rich may be absent
        def __init__(self) -> None:
            super().__init__(file=out, width=80)

    monkeypatch.setattr(rich_console, "Console", Terminal)
    runbook = "https://runbooks.example/databases/orders/when-it-is-down"
    extra = f'service.dependency("orders", kind="db", runbook="{runbook}")\n'
    Path("coverage_app.py").write_text(f"{dedent(FASTAPI)}{extra}", encoding="utf-8")
    _coverage.print_rich(_coverage.look("coverage_app:app", factory=False, everything=False))
    shown = out.getvalue()
    assert "…" not in shown
    assert "fallback, redundancy" in shown


def test_dependencies_are_listed_with_their_objectives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those without one are missing it; an override of one that is not there is told of."""
    monkeypatch.setenv("NINEFOLD_DEPENDENCY_PSQ_POLICY_DEADLINE", "2")
    dependencies = """
        psp = service.dependency("psp", kind="http", policy=nf.Policy(deadline=1.0))
        stock = service.dependency("stock-db", kind="db")
        service.objective("psp-ours", nf.dependency_availability("psp", target=0.99))
        service.objective("lost", nf.dependency_availability("stok-db", target=0.99))
    """
    written = dedent(FASTAPI) + dedent(dependencies)
    result = _run(written, "coverage_app:app", "--format", "json")
    report = json.loads(result.stdout)
    assert [(row["dependency"], row["objectives"]) for row in report["dependencies"]] == [
        ("psp", ["psp-ours"]),
        ("stock-db", []),
    ]
    assert [row["owner"] for row in report["dependencies"]] == ["payments", "payments"]
    assert any("'stok-db'" in one and "'stock-db'" in one for one in report["unknown"])
    assert any("NINEFOLD_DEPENDENCY_PSQ_POLICY_DEADLINE" in one for one in report["unknown"])
    text = _run(written, "coverage_app:app").stdout
    assert "1 of 2 dependencies has an objective; 2 have an owner" in text


WHOLE = '    service.objective("all", nf.availability(target=0.999))\n'
DEPENDENCIES = """
    def look() -> bool:
        raise AssertionError("coverage probes nothing")

    psp = service.dependency(
        "psp", kind="http", check=look, owner="cards", runbook="https://wiki/psp",
        policy=nf.Policy(fallback=None), redundancy="two providers",
    )
    orders = service.dependency(
        "orders", kind="db", check=look, runbook="https://wiki/orders", upstreams=["disks"],
        replicas=3,
    )
    disks = service.dependency("disks", kind="storage")
    mail = service.dependency("mail", kind="messaging", role="optional")
    rates = service.dependency("rates", kind="http")
    for each in (psp, orders, mail, rates):
        kind = nf.dependency_availability(each.name, target=0.99)
        service.objective(f"{each.name}-ours", kind)
"""


def test_of_dependencies_it_tells_what_there_is_against_their_failure() -> None:
    """Role, owner, check and runbook of each; then what the critical ones would need and lack."""
    result = _run(FASTAPI + WHOLE + DEPENDENCIES, "coverage_app:app")
    assert result.exit_code == 1, result.output
    assert result.stdout.partition("\n\n")[2].partition("\n\n")[2] == dedent(
        """\
        dependency  role            owner     check  runbook              objectives
        psp         critical        cards     yes    https://wiki/psp     psp-ours (availability)
        orders      critical        payments  yes    https://wiki/orders  orders-ours (availability)
        disks       through orders  payments  -      -                    -
        mail        optional        payments  -      -                    mail-ours (availability)
        rates       critical        payments  -      -                    rates-ours (availability)

        critical  without
        orders    fallback
        rates     fallback, redundancy, runbook

        3 of 3 routes have an objective; 3 have an owner
        4 of 5 dependencies have an objective; 5 have an owner
        2 of 5 dependencies are checked; 2 have a runbook, 1 an owner of its own
        1 of the dependencies counts only through others
        fallbacks are known of policies and guard(fallback=); what code does in an except nobody \
can list
        1 of the routes only as part of the whole service
        5 left out, of health, metrics, documentation and static files; --all lists them
        """
    )
    report = json.loads(
        _run(FASTAPI + WHOLE + DEPENDENCIES, "coverage_app:app", "--format", "json").stdout
    )
    assert report["dependencies"][0] == {
        "dependency": "psp",
        "objectives": ["psp-ours"],
        "owner": "cards",
        "role": "critical",
        "through": [],
        "check": True,
        "runbook": "https://wiki/psp",
        "fallback": True,
        "redundancy": "two providers",
        "missing": [],
        "exposed": [],
    }
    told = {row["dependency"]: row for row in report["dependencies"]}
    assert (told["disks"]["role"], told["disks"]["through"]) == (None, ["orders"])
    assert told["orders"]["redundancy"] == "3 replicas"
    assert told["rates"]["missing"] == ["check", "runbook"]
    assert report["missing"] == 2


LOOKED_AFTER = 'check=lambda: True, runbook="https://wiki/rates"'


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        (LOOKED_AFTER, 0),
        ("check=lambda: True", 1),
        ('runbook="https://wiki/rates"', 1),
        ("", 2),
        # Whatever it lacks, the service goes on without it.
        ('role="optional"', 0),
        # There is no way to have it known, and a fallback is not always possible.
        (f"{LOOKED_AFTER}, replicas=1", 0),
        (f'{LOOKED_AFTER}, upstreams=["rate"]', 1),
    ],
)
def test_a_critical_dependency_must_be_checked_and_have_a_runbook(said: str, missing: int) -> None:
    """These fail the command; what nobody can always have, a fallback or replica, is only told."""
    extra = f"""
    service.dependency("rates", kind="http", {said})
    service.objective("rates-ours", nf.dependency_availability("rates", target=0.99))
    """
    result = _run(FASTAPI + WHOLE + extra, "coverage_app:app", "--format", "json")
    assert json.loads(result.stdout)["missing"] == missing, result.output
    assert result.exit_code == (1 if missing else 0)


def test_an_upstream_that_is_not_there_is_told() -> None:
    """As an objective that names nothing is, with what was probably meant."""
    extra = 'service.dependency("rates", kind="http", upstreams=["cach"])\n'
    extra += 'service.dependency("cache", kind="cache")\n'
    result = _run(f"{dedent(FASTAPI)}{extra}", "coverage_app:app")
    assert (
        "unknown: there is no dependency 'cach', which the upstreams of 'rates' name; did you mean"
        " 'cache'?\n"
    ) in result.stdout


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("rates.guard(len)", False),
        ("rates.guard(fallback=None)(len)", True),
        ("rates.under(nf.Policy(fallback=0))", True),
        ("rates.under(nf.Policy(deadline=1))", False),
    ],
)
def test_a_fallback_of_one_function_is_known(written: str, known: bool) -> None:
    """Also None, which a caller may want; what has none leaves those that do."""
    extra = f'rates = service.dependency("rates", kind="http")\n{written}\nrates.guard(len)\n'
    result = _run(f"{dedent(FASTAPI)}{extra}", "coverage_app:app", "--format", "json")
    (rates,) = json.loads(result.stdout)["dependencies"]
    assert rates["fallback"] is known
    assert ("fallback" in rates["exposed"]) is not known


def test_what_is_only_watched_over_is_listed_too() -> None:
    """It counts as a dependency does; calls, an objective or a fallback of it nobody knows of."""
    extra = 'service.health.add("disk", lambda: True, scope="local")\n'
    written = f"{dedent(FASTAPI)}{dedent(WHOLE)}{extra}"
    report = json.loads(_run(written, "coverage_app:app", "--format", "json").stdout)
    (disk,) = report["dependencies"]
    assert (disk["check"], disk["fallback"], disk["missing"]) == (True, None, ["runbook"])
    assert disk["exposed"] == ["redundancy", "runbook"]
    assert report["missing"] == 1
