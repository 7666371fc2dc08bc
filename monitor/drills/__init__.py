"""The catalogue of drills, plans and the coach."""
