"""The resource: who emits all this, by the conventions' names."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from opentelemetry.sdk.resources import Resource

if TYPE_CHECKING:
    from ninefold.config import AttributeValue, Settings


def resource_of(settings: Settings) -> Resource:
    """Build the resource of this process, with a `service.instance.id` of its own.

    The SDK's detectors run (`OTEL_EXPERIMENTAL_RESOURCE_DETECTORS`), and `OTEL_RESOURCE_ATTRIBUTES`
    is merged by the SDK; what the settings decided comes on top.
    """
    attributes: dict[str, AttributeValue] = {"service.instance.id": str(uuid.uuid4())}
    attributes.update(settings.resource_attributes)
    decided = {
        "service.name": settings.name,
        "service.version": settings.version,
        "service.namespace": settings.namespace,
        "deployment.environment.name": settings.environment,
        "ninefold.service.owner": settings.owner,
    }
    attributes.update({key: value for key, value in decided.items() if value})
    return Resource.create(attributes)
