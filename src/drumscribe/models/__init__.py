"""Networks and the weights files that carry them."""
