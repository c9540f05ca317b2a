"""Adding documents, watching them being read, reading them."""
