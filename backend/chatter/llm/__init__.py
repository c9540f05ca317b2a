"""Language and embedding models: providers an organisation adds, the small ones we ship, and one port to call them all."""
