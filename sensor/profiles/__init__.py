"""One module per strap: how to set it up and how to read its bytes."""
