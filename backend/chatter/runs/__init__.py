"""Runs: work that outlives the request that started it. Leases, numbered events, checkpoints, cancellation."""
