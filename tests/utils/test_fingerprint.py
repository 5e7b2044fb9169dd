"""Fingerprints stay what they were: a store is kept or made again by them."""

import hashlib

from drumscribe.utils.fingerprint import fingerprint_of


def test_a_fingerprint_is_that_of_json_with_sorted_keys():
    text = '{"a": [1, 0.5], "b": {"c": null, "d": "\\u00e9"}}'
    content = {"b": {"d": "é", "c": None}, "a": (1, 0.5)}
    assert fingerprint_of(content) == hashlib.sha256(text.encode()).hexdigest()


def test_other_content_has_another_fingerprint():
    assert fingerprint_of({"seed": 1}) != fingerprint_of({"seed": 2})
