"""A study as its file describes it: read, checked as a whole, frozen."""
