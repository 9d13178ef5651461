"""Libraries that are published."""

from tests.export.conftest import Maker, edited, folder, maker  # fixtures

__all__ = ["Maker", "edited", "folder", "maker"]
