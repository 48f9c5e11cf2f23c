"""Which curves share a chart in TensorBoard's tab Custom Scalars."""

from __future__ import annotations

from collections.abc import Mapping

from tensorboard.compat.proto import summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar import metadata as custom_scalars

SCALAR_LAYOUT = custom_scalars.PLUGIN_NAME


def layout_value(category: str, charts: Mapping[str, str]) -> summary_pb2.Summary.Value:
    """Return the summary value of a layout.

    Args:
        category: the heading above the charts.
        charts: by a chart's title, the regular expression of the tags whose curves it shows.
    """
    layout = layout_pb2.Layout(
        category=[
            layout_pb2.Category(
                title=category,
                chart=[
                    layout_pb2.Chart(title=title, multiline=layout_pb2.MultilineChartContent(tag=[tags]))
                    for title, tags in charts.items()
                ],
            )
        ]
    )
    tensor = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_STRING,
        tensor_shape=tensor_shape_pb2.TensorShapeProto(),
        string_val=[layout.SerializeToString()],
    )
    metadata = custom_scalars.create_summary_metadata()
    return summary_pb2.Summary.Value(tag=custom_scalars.CONFIG_SUMMARY_TAG, metadata=metadata, tensor=tensor)
