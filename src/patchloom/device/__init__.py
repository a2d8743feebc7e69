"""The engine on torch: on a GPU, or on the CPU to compare; byte for byte what the native kernels make."""
