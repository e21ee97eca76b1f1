"""Data sets that are computed: drawn with numpy from a seed, the same ones for the same settings."""
