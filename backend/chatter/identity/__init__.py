"""People, passwords and sessions: the part that exists before an organisation is known."""
