"""The data page's views: samples, what was found in them, how they are divided and prepared."""
