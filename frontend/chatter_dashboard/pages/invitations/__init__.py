"""Who was invited, and what became of it."""
