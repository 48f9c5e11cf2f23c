"""The Evolution tab of TensorBoard: plays the frames of a log. TensorBoard finds it by itself.

`loader` is the entry point; what it needs is imported with the first request, so that nothing here can keep
TensorBoard from starting.
"""
