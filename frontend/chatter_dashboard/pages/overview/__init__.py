"""What happened in the organisation lately."""
