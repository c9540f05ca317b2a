"""The dashboard: the first customer of the API, and the only place that knows NiceGUI."""
