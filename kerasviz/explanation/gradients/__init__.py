"""Methods made of the gradient by the input."""
