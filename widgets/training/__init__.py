"""The training plan as the window shows it: groups of fields, the learning rate's curve, presets, the rate finder."""
