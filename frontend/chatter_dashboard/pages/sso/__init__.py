"""Single sign-on: an organisation's identity providers."""
