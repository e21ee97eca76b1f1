"""Where an engine lives: a thread, or a process of its own. TensorFlow is loaded there and nowhere else."""
