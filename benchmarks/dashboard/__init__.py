"""What the dashboard costs: first paint, rest, key to frame, questions, memory."""
