"""Why the copy is the author's image: wants, dossier, comparison, policy, verdict. Pure."""
