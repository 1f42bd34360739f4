"""HTTP exchanges in process: applications of each kind, and clients that may misbehave."""
