"""What device-seconds are worth, where they went, and how to spend fewer."""
