"""The network: the only place with sockets on the client's side."""
