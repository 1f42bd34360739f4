"""The URL configuration that Django wants to import: the view of django-health-check."""

from __future__ import annotations

from typing import Any

urlpatterns: list[Any] = []


def add(checks: list[Any]) -> None:
    """Answer /health/ by these checks."""
    from django.urls import path
    from health_check.views import HealthCheckView

    urlpatterns.append(path("health/", HealthCheckView.as_view(checks=checks)))
