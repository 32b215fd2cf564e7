"""What the loop tells and asks the sampler and the stopper."""
