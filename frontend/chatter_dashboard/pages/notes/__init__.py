"""What models wrote down for the person."""
