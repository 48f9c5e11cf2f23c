"""What compiles and differentiates: the only place of the probe that knows a backend."""
