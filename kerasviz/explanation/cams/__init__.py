"""Class activation maps: weights from activations and gradients."""
