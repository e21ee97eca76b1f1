"""What happens within a step, and the compiled loop around it."""
