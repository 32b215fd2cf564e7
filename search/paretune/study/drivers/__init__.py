"""Several programs at work on one study: who lives, who has died, what it left."""
