"""Apps: what people let act for them, and the pages on which they are asked."""
