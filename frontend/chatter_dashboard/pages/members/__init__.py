"""Who belongs to the organisation."""
