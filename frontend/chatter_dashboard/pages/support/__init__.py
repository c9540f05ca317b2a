"""Access that the organisation grants to the server's operator."""
