from small_training import pictures, small_model

__all__ = ["pictures", "small_model"]
