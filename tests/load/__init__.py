"""A working day in a few minutes: many people of many organisations at once, and what they had to wait for."""
