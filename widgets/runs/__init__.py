"""Views of the Runs page: a table of runs, their curves over one another, a plane of points, two runs compared."""
