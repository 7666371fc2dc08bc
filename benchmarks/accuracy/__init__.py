"""How right Lumbar is: scores recordings with known answers, see docs/accuracy.md."""
