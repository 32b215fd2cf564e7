"""Examples and labels: read, checked, split."""
