"""A simulated wearer, a virtual strap and a virtual radio."""
