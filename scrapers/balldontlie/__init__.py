"""balldontlie, version 1: the second provider of box scores."""
