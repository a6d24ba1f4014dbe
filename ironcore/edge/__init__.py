"""On a sensor: read its log, score it where it is written, send threats and their evidence. Below 80 MB resident.

    tail -> lines to records -> detect -> outbox -> Kafka, then the position

The features, the formats and the threats are made by the code that a worker runs. What is heavy is barred
(`ironcore.edge.light`): TensorFlow, for which LiteRT stands, and numba and pyarrow, without which the loops and columns
are plain Python's.
"""
