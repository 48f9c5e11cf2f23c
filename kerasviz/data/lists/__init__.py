"""Lists of pictures of any length: gone through one by one, never held in memory as a whole."""
