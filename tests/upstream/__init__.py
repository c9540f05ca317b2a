"""A fast fake OpenAI-compatible provider whose faults are real: torn sockets, streams that stop, bytes that lie."""
