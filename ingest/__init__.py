"""Batches to inclination, posture states and sitting time; published, recorded, asked about."""
