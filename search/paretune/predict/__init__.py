"""What a configuration will cost, learnt from the trials that have run."""
