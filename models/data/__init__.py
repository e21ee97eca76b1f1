"""Data sources, loading and splitting, as values; numpy and Pillow only."""
