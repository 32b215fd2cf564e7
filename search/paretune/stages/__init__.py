"""What stages have left behind, shared by trials and studies."""
