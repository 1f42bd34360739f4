"""A Flask application made by a factory, measured by the extension."""

from __future__ import annotations

from flask import Flask

import ninefold as nf
from ninefold.integrations.flask import Ninefold

extension = Ninefold()


def create_app() -> Flask:
    app = Flask("inventory")

    @app.get("/stock/<int:item>")
    def stock(item: int) -> dict[str, int]:
        return {"item": item, "left": 3}

    extension.init_app(app)
    return app


if __name__ == "__main__":
    service = nf.setup("inventory", environment="development", prometheus=True)
    client = create_app().test_client()
    for number in range(5):
        with client.get(f"/stock/{number}") as response:
            response.get_data()
    content, _ = service.expose()
    lines = content.decode().splitlines()
    counts = [line for line in lines if "request_duration_seconds_count" in line]
    print("\n".join(counts))
    assert [line.rsplit(" ", 1)[1] for line in counts] == ["5.0"], counts
