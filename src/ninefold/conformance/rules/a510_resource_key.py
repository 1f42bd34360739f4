"""A510: what a resource says, said by every point."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ninefold.conformance._facts import Use
from ninefold.conformance._finding import Found
from ninefold.conformance._rule import Context, rule

# Attributes of entities in the conventions: of what is the same for a process's whole life.
_RESOURCE = re.compile(
    r"service\.(name|namespace|version|instance\.id)"
    r"|deployment\.(environment|environment\.name|id|name|status)"
    r"|telemetry\.(sdk|distro|auto)\..+"
    r"|host\.(id|name|arch|type|ip|mac|image\..+)"
    r"|os\.(type|name|version|build_id|description)"
    r"|process\.(pid|parent_pid|command|command_args|command_line|executable\..+|owner|runtime\..+)"
    r"|container\.(id|name|image\..+|runtime|runtime\..+)"
    r"|k8s\.(cluster|namespace|node|pod|container|deployment|replicaset|statefulset|daemonset|job"
    r"|cronjob)\.(name|uid)"
    r"|cloud\.(provider|account\.id|region|availability_zone|platform|resource_id)"
    r"|faas\.(name|version|instance|max_memory)"
    r"|device\.(id|manufacturer|model\..+)"
)


@rule(
    "A510",
    "resource-key",
    "W",
    source="Instrumentation score RES-004; OpenTelemetry semantic conventions, resources",
    about="use",
    partly=True,
    profiles=("otel",),
)
def resource_key(use: Use, context: Context) -> Iterator[Found]:
    """An attribute of a point says what the resource should: `service.name`, `host.name`.

    ## Why

    It is the same on every point of the process. The resource says it once; on points it is stored
    with each series, and where a point and the resource differ nobody knows which is right.

    ## Bad

    ```python
    from opentelemetry.metrics import get_meter

    orders = get_meter("shop").create_counter("shop.orders", unit="{order}", description="Orders.")
    orders.add(1, {"service.version": "1.2.3"})
    ```

    ## Use instead

    ```python
    import ninefold as nf
    from opentelemetry.metrics import get_meter

    service = nf.setup("shop", version="1.2.3")
    orders = get_meter("shop").create_counter("shop.orders", unit="{order}", description="Orders.")
    orders.add(1)
    ```
    """
    if use.declaration.api not in ("opentelemetry", "ninefold"):
        return
    name = use.declaration.name.value
    listed = ((context.registry.metric(name) if name else None) or {}).get("attributes", {})
    space = use.declaration.name.known_start.partition(".")[0]
    for attribute in use.attributes:
        key = attribute.key.value
        if not key or key in listed or not _RESOURCE.fullmatch(key):
            continue
        # What watches hosts, containers or pods speaks of others than itself.
        if space == key.partition(".")[0]:
            continue
        yield Found(
            attribute.key.position,
            f"the attribute {key!r} is the resource's, and the same on every point",
            "set it on the resource, and leave it out here",
        )
