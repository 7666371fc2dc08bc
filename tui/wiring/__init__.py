"""The composition root: the stages put together into what a process runs."""
