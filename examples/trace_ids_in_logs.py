"""Log lines that name their trace, by the standard library's logging."""

from __future__ import annotations

import io
import logging

from flask import Flask

import ninefold as nf

service = nf.setup("inventory", environment="development")
log = logging.getLogger("inventory")
app = Flask("inventory")


@app.get("/stock/<int:item>")
def stock(item: int) -> dict[str, int]:
    log.warning("only three left of %s", item)
    return {"item": item, "left": 3}


app = service.instrument(app)

if __name__ == "__main__":
    written = io.StringIO()
    form = "%(levelname)s trace=%(trace_id)s %(message)s"
    logging.basicConfig(stream=written, format=form)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    with app.test_client().get("/stock/7", headers=headers) as response:
        response.get_data()
    print(written.getvalue(), end="")
    assert f"trace={trace} only three left of 7" in written.getvalue()
