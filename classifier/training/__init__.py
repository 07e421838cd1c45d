"""Making the model: examples, network, fitting, export, figures. Needs requirements-train.txt; the product does not."""
