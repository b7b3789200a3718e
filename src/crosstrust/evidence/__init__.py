"""What was established: claims, checks, the graph of steps, and the verdict. Pure."""
