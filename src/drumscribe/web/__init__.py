"""The studio: a local server that transcribes uploads, keeps edits and exports them."""
