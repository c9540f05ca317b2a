"""Language and embedding models: the providers an organisation adds, the small ones we ship, one port to call all."""
