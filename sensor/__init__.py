"""Strap to batches of samples in SI units on a repaired clock."""
