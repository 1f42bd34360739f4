"""The version of this package, read by the build and by telemetry."""

__version__ = "0.1.0"
