"""What a study has found, with its noise: what is measured how well, the front, the choice."""
