"""The models that need no key, in a process of their own that speaks the OpenAI wire format over loopback."""
