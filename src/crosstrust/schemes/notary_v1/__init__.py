"""Notary v1: a verifying client of Docker Content Trust. Pure: bytes in, wants and steps out."""

from crosstrust.schemes.notary_v1.scheme import NotaryV1

__all__ = ["NotaryV1"]
