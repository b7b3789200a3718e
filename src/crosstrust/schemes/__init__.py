"""Who vouches for an image: one package per signature scheme. Pure."""
