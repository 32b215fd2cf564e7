"""What is wrong with a data set: each kind of damage by a test of its own, in bounded memory."""
