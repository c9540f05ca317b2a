"""A provider that nobody here wrote: it speaks the wires of OpenAI, Azure, Anthropic, Gemini and Bedrock."""
