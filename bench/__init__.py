"""Benchmarks of ninefold beside its peers; `python -m bench` runs them (see README.md)."""
