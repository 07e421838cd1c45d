"""From text to `Prediction`: the shipped model, its training, and nothing that loads when it is imported."""
