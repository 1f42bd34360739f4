"""Calls that fail well: retry, budget, breaker, bulkhead, deadline, fallback, and their policy."""
