"""What calls to models took, and what it cost on that day."""
