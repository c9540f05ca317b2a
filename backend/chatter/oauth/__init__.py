"""Apps that act for people: an OAuth 2.1 authorization server for MCP clients and the command line."""
