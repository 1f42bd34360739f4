"""Reads and checks conformance/registry, and writes what is generated from it."""
