"""The same whole job on other frameworks, each as its own documentation advises."""
