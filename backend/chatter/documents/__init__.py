"""Documents: what an organisation uploads, read into pages, cut into passages, found again by meaning and by words."""
