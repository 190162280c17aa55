"""What of ours is measured, and the floors: a script each, run in a process of its own."""
