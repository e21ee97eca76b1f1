"""Run folders as values: what they hold, how they are listed, compared, noted, imported and watched. No TensorFlow."""
