"""Settings, datasets and labels that are wrong, in every command that reads them."""
