"""Many clients against one endpoint, and one report of what they saw."""
