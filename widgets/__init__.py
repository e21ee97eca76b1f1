"""Views: they show what they are given and report what the user did. Wiring happens in `app`."""
