"""A further organisation."""
