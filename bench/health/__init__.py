"""What health endpoints tell an orchestrator while a dependency fails, beside the peers'."""
