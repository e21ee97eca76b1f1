"""What can be known of a network without building it: shapes, parameters, receptive field, problems."""

from models.analysis.inside import Frame, OpenView, open_view
from models.analysis.network_analysis import Analysis, NodeAnalysis, analyse
from models.analysis.problem import Problem
from models.analysis.trained import layers_with_weights, matched, matching_layers, still_trained

__all__ = [
    "Analysis",
    "Frame",
    "NodeAnalysis",
    "OpenView",
    "Problem",
    "analyse",
    "layers_with_weights",
    "matched",
    "matching_layers",
    "open_view",
    "still_trained",
]
