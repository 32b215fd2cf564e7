"""The study's budget: what is predicted, promised and paid."""
