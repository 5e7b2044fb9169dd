"""The options of each command. Only the standard library is imported here, so help is instant."""
