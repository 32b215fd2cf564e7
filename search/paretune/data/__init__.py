"""Examples and labels: read, checked, cleaned, split. Imports no training framework."""
