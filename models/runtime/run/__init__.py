"""A run from its first step to its end, or beyond: state, checkpoints, the folder, and what can be asked meanwhile."""
