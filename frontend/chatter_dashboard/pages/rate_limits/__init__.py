"""The rate limits of the organisation."""
