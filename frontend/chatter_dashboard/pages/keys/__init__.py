"""Keys: what programs come with in place of a sign-in."""
