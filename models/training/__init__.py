"""Training as values: the plan, the commands an engine takes, the events it emits, and the history they add up to."""
