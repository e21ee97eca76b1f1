"""From an opened data set to the batches that a network is trained on: read, prepared, kept, and in order."""
