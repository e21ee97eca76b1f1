"""Looking at a data set before it is trusted: every sample is read, and what deserves a second look is found."""

from models.data.scan.cache import ScanCache
from models.data.scan.scanning import scan_samples

__all__ = ["ScanCache", "scan_samples"]
