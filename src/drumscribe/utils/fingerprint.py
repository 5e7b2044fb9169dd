"""Telling whether something was made from the same things as before."""

import hashlib
import json


def fingerprint_of(content: object) -> str:
    """A SHA-256 in hexadecimal that is the same for equal content, in every process.

    Args:
        content: what JSON can hold; mappings in any order.
    """
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
