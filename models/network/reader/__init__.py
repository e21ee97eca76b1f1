"""Python source to networks, without running it: a small interpreter of the few things that models are written with."""
