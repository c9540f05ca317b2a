"""How often somebody may ask: the rules as data, the windows that count, and who is counted."""
