"""What models took and cost."""
