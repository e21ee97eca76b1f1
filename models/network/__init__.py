"""The document: frozen networks of nodes, pure edits, repairs, the project file and generated source."""
