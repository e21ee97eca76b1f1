"""What can be known of a network without building it: shapes, parameters, receptive field, problems."""

from models.analysis.inside import Frame, OpenView, open_view
from models.analysis.network_analysis import Analysis, NodeAnalysis, analyse, still_trained
from models.analysis.problem import Problem

__all__ = ["Analysis", "Frame", "NodeAnalysis", "OpenView", "Problem", "analyse", "open_view", "still_trained"]
