"""The program against servers and proxies that nobody here wrote; each is installed as its test needs it."""
