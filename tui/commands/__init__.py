"""One module per command; what they wire together is in tui.wiring."""
