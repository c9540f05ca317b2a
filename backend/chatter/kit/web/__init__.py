"""The HTTP edge: problems, request ids, the unit of work, the origin check."""
