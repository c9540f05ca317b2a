"""Tools that a model may call in the name of whoever asks: the port, what is built in, and each call on record."""
