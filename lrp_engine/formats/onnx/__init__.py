"""ONNX models: a graph of operations, read into layers."""
