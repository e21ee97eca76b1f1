"""The composition root: document, controllers, main window, settings and command line."""
