from residual_network import network, pictures

__all__ = ["network", "pictures"]
