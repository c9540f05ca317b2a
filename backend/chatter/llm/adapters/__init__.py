"""How the ports are implemented over a wire."""
