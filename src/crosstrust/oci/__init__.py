"""What an image is: references, digests, platforms, manifests, configs. Pure."""
