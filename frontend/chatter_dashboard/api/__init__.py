"""The typed client of the API. Nothing here knows about NiceGUI."""
