"""What an organisation's people and models did, in numbers taken from the rows themselves."""
