"""The storefront: two real services, customers for them, and a screen that reads their telemetry.

`checkout` and `inventory` are written as a service of yours would be, and may be read as examples.
"""
