"""What generated Python is made of: lines, statements for nodes, helper functions for composite blocks."""
