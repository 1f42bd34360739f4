"""Whether the server was told to end is read where it notes it, and nowhere else."""

from __future__ import annotations

import os
import signal
import textwrap

import pytest
from tests.support.child import run

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="by design: Windows ends a process without asking it"
)

ASK = """
import os, signal, sys, threading, time
from ninefold.health._server_end import is_server_ending as ending
"""


def told(code: str, status: int = 0) -> list[str]:
    """What the code prints, a word each, run in a process of its own."""
    return run(ASK + textwrap.dedent(code), status=status).split()


def test_who_handles_nothing_is_not_ending() -> None:
    """By default, and where the signal is ignored."""
    out = told(
        """
        print(ending())
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print(ending())
        """
    )
    assert out == ["False", "False"]


@pytest.mark.parametrize(
    ("server", "note"),
    [
        ("from uvicorn import Config, Server; server = Server(Config(None))", "should_exit"),
        (
            "from gunicorn.workers.sync import SyncWorker as S; server = S.__new__(S)",
            "alive",
        ),
        (
            "from gunicorn.workers.gthread import ThreadWorker as T; server = T.__new__(T)",
            "alive",
        ),
    ],
    ids=["uvicorn", "gunicorn sync", "gunicorn gthread"],
)
@pytest.mark.parametrize("derived", [False, True], ids=["itself", "derived"])
def test_a_server_of_a_known_kind_is_believed(server: str, note: str, derived: bool) -> None:
    """Its own note, once it is made; of classes that derive from it too."""
    pytest.importorskip(server.split()[1].partition(".")[0])
    lines = [
        server,
        "if DERIVED: server.__class__ = type('Mine', (type(server),), {})",
        "signal.signal(signal.SIGTERM, server.handle_exit)",
        "print(ending())",
        f"server.{note} = {note == 'should_exit'}",
        "print(ending())",
    ]
    assert told("\n".join(lines).replace("DERIVED", str(derived))) == ["False", "True"]


def test_anybody_elses_object_is_not_believed() -> None:
    """Its `alive` or `should_exit` may mean anything, whatever its class is called."""
    out = told(
        """
        class Server:
            alive, should_exit = False, True
            def handle(self, *_): pass
        class Worker(Server): pass
        class Consumer:
            def __init__(self): self.alive, self.should_exit = False, True
            def __call__(self, *_): pass
            def handle(self, *_): pass
        for each in (Server().handle, Worker().handle, Consumer().handle, Consumer()):
            signal.signal(signal.SIGTERM, each)
            print(ending())
        """
    )
    assert out == ["False"] * 4


def test_a_handler_of_celerys_is_looked_up_where_celery_notes_it() -> None:
    """Also where it is told to stop with status 0, which is no truth value."""
    pytest.importorskip("celery")
    out = told(
        """
        from types import SimpleNamespace
        from celery.apps import worker
        from celery.worker import state
        worker.install_worker_term_handler(SimpleNamespace(hostname="here", app=None))
        print(ending())
        state.should_stop = 0
        print(ending())
        state.should_stop, state.should_terminate = None, True
        print(ending())
        signal.signal(signal.SIGTERM, lambda *_: None)
        print(ending())
        """
    )
    assert out == ["False", "True", "True", "False"]


def test_a_process_that_we_bring_to_its_end_is_ending_while_it_does() -> None:
    """From SIGTERM on, in every thread, and as `/readyz` and `/livez` tell it."""
    out = told(
        """
        import ninefold as nf
        service = nf.setup("ends")
        service.start()
        print(ending(), service.health.answer("/readyz").status)
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        finally:
            print(ending(), service.health.answer("/readyz").status)
            print(service.health.answer("/livez").status, flush=True)
        """,
        status=-signal.SIGTERM,
    )
    assert out == ["False", "200", "True", "503", "200"]


def test_a_process_that_comes_to_its_end_by_itself_is_ending_too() -> None:
    """As Python exits, other threads may still answer."""
    out = told(
        """
        import atexit
        import ninefold as nf
        atexit.register(lambda: print(ending()))
        service = nf.setup("ends")
        service.start()
        print(ending())
        """
    )
    assert out == ["False", "True"]


def test_a_forked_child_has_an_end_of_its_own() -> None:
    """Its parent's is not its."""
    out = told(
        """
        import ninefold as nf
        service = nf.setup("ends")
        service.start()
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        finally:
            if os.fork() == 0:
                print(ending(), flush=True)
                os._exit(0)
            os.wait()
            print(ending(), flush=True)
        """,
        status=-signal.SIGTERM,
    )
    assert out == ["False", "True"]
