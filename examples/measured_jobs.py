"""A consumer that is no HTTP service: each job is measured, and counts towards an objective."""

from __future__ import annotations

from collections.abc import Iterator

import ninefold as nf

service = nf.setup("mailer", environment="development", owner="messaging", prometheus=True)
service.objective("mails-sent", nf.availability(operation="mail.send", target=0.99))


class UnknownRecipient(Exception):
    """Nothing that we could do better."""


@service.measure("mail.send", ignore=UnknownRecipient, good=lambda sent: sent)
def send(recipient: str) -> bool:
    if "@" not in recipient:
        raise UnknownRecipient(recipient)
    return not recipient.startswith("broken")


@service.measure("mail.batch")
def batch(recipients: list[str]) -> Iterator[bool]:
    for recipient in recipients:
        try:
            yield send(recipient)
        except UnknownRecipient:
            yield False


if __name__ == "__main__":
    print(list(batch(["ann@example.com", "nobody", "broken@example.com", "bob@example.com"])))
    page = service.expose()[0].decode()
    counts = [line for line in page.splitlines() if line.startswith("ninefold_sli_events_total{")]
    print("\n".join(counts))
    assert any('"good"' in line and line.endswith(" 2.0") for line in counts), counts
    assert any('"bad"' in line and line.endswith(" 1.0") for line in counts), counts
