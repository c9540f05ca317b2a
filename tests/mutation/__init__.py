"""Takes the defences away, one at a time, and demands that the attacks notice: `make mutation`."""
