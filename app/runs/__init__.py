"""Run folders in the window: listed, followed and changed in threads of their own."""
