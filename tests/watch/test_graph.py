from __future__ import annotations

import json

import keras
from keras import layers
from tensorflow.core.framework.graph_pb2 import GraphDef

import kerasviz as kv
from kerasviz.models import pets_cnn
from kerasviz.watch.graph import forward_graph


def scopes(graph: bytes) -> list[str]:
    nodes = GraphDef.FromString(graph).node
    return list(dict.fromkeys(node.name.split("/")[0] for node in nodes if "/" in node.name))


def test_the_pets_network_has_one_scope_per_layer() -> None:
    graph = forward_graph(pets_cnn(2, image_size=16))
    expected = "conv1_1 conv1_2 pool1 dropout1 conv2_1 conv2_2 pool2 dropout2 flatten fc1 dropout3 softmax"
    assert [scope for scope in scopes(graph) if scope != "mean_subtraction"] == expected.split()


def test_edges_lead_to_nodes_and_follow_the_layers() -> None:
    nodes = {node.name: node for node in GraphDef.FromString(forward_graph(pets_cnn(2, image_size=16))).node}
    for node in nodes.values():
        for source in node.input:
            assert source.lstrip("^").split(":")[0] in nodes
    relu = next(node for node in nodes.values() if node.name.startswith("conv1_2/") and node.op == "Relu")
    add = nodes[relu.input[0].split(":")[0]]
    convolution = nodes[add.input[0].split(":")[0]]
    assert nodes[convolution.input[0].split(":")[0]].name.startswith("conv1_1/")


def test_nested_and_shared_layers_keep_apart() -> None:
    inner = keras.Sequential([keras.Input((4, 4, 3)), layers.Conv2D(3, 1, name="conv")], name="inner")
    image = keras.Input((4, 4, 3))
    shared = layers.Conv2D(3, 1, name="shared")
    model = keras.Model(image, inner(shared(shared(image))), name="net")
    found = scopes(forward_graph(model))
    assert "inner" in found
    assert "shared" in found
    names = [node.name for node in GraphDef.FromString(forward_graph(model)).node]
    assert len(names) == len(set(names))
    assert sum(node.op == "Conv2D" for node in GraphDef.FromString(forward_graph(model)).node) == 3


def test_layers_whose_names_are_numbered_by_keras_have_their_own_scopes() -> None:
    kinds = [layers.Conv2D(2, 3), layers.MaxPooling2D(), layers.Conv2D(2, 3), layers.MaxPooling2D()]
    tail = [layers.ReLU(), layers.ReLU(), layers.Flatten(), layers.Dense(2)]
    model = keras.Sequential([keras.Input((16, 16, 3)), *kinds, *tail])
    assert scopes(forward_graph(model)) == [layer.name for layer in model.layers]
    nodes = {node.name: node for node in GraphDef.FromString(forward_graph(model)).node}
    first, second = (name for name, node in nodes.items() if node.op == "MaxPool")
    assert (first.split("/")[0], second.split("/")[0]) == (model.layers[1].name, model.layers[3].name)


def test_a_layer_that_is_called_twice_stays_beside_the_others() -> None:
    image = keras.Input((4, 4, 3))
    shared = layers.Conv2D(3, 1, name="shared")
    model = keras.Model(image, layers.ReLU(name="last")(shared(shared(image))), name="net")
    first, second, last = scopes(forward_graph(model))
    assert (first, last) == ("shared", "last")
    assert second.startswith("shared_")


def test_both_graphs_are_logged_once(tmp_path, small_model, pictures) -> None:
    model = small_model()
    for _ in range(2):
        model.fit(*pictures, verbose=0, callbacks=[kv.TrainingLog(tmp_path)])
    kinds = [info for info in kv.open_log(tmp_path).tags() if "graph" in info.kind]
    assert sorted(info.kind for info in kinds) == ["graph", "graph_keras_model"]
    assert [info.count for info in kinds] == [1, 1]
    assert json.loads(model.to_json())["config"]["name"] == "small"
