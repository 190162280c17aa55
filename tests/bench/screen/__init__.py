"""What the screen costs and how late it is, in a real pseudo-terminal, against the same screen written by the book.

Keys are written into the terminal and answered when what they lead to was read from it. The stream comes from a process
of its own on the same machine, and says when it sent each event.
"""
