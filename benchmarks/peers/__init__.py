"""Runs other people's software on the same recordings, in the same run as ours."""
