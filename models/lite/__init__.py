"""The network in LiteRT, which the stream and the sensors score by: made where TensorFlow is, and run without it."""
