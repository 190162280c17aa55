"""The clients of a load as users of Locust, in as many processes and machines as it has workers."""
