"""The past: asked, summed up, exported, judged again and corrected."""
