"""The pure core: samples to angles, states and bouts; no clock and no I/O."""
