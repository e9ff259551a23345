"""The network as data: layers in order, shapes, text, inputs, serialization. No TensorFlow."""
