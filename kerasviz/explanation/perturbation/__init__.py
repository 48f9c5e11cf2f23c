"""Methods that hide parts of a picture and see what the score does."""
