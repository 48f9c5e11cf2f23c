"""In what precision compiled functions compute: what only TensorFlow's graph optimiser can change."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from tensorflow.core.protobuf import config_pb2, rewriter_config_pb2
from tensorflow.python.eager import context

from kerasviz.probe.engine import checked_precision


def in_precision(precision: str) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """Return a context in which this thread's compiled functions compute in that precision.

    Raises:
        InputError: there is no such precision; see `checked_precision`.
    """
    if checked_precision(precision) == "float32":
        return contextlib.nullcontext
    config = config_pb2.ConfigProto()
    config.CopyFrom(context.context().config)
    rewriting = config.graph_options.rewrite_options
    rewriting.auto_mixed_precision_onednn_bfloat16 = rewriter_config_pb2.RewriterConfig.ON
    options = context.FunctionCallOptions(config_proto=config)

    @contextlib.contextmanager
    def optimised() -> Iterator[None]:
        current = context.context()
        before = current.function_call_options
        current.function_call_options = options
        try:
            yield
        finally:
            current.function_call_options = before

    return optimised
