"""What turns need of other domains, done by those domains."""
