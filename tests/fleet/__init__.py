"""Many libraries: the file that names them, the queue, workers that are killed, and what the status says."""
