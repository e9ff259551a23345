"""What is given beside a weight file: vocabulary, embeddings, labels, spec, reference."""
