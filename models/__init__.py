"""Features, windows, the network, its training and its evaluation, and the shipped artefact."""
