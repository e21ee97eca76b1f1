"""The data set in the window: opened and scanned in a thread, edited, shown."""
