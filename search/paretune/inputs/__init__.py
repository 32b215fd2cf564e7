"""What users write: TOML files, overrides and conditions, read with every mistake collected."""
