"""Own elements: each is one Vue component, fed by Structs."""
