"""Methods made of the attention scores of transformers."""
