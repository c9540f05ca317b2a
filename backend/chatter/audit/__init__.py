"""The audit log: what was changed, by whom, written with the change."""
