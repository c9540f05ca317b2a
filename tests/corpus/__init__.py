"""Real files, made when a test asks for them."""
