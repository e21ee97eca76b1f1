"""Views of a run while it goes on and after: its blocks over time, where its time goes, what the machine does."""
