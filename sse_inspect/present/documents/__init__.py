"""What documents are made of, whoever writes them: text that is no markup, a timeline as a picture, a look, JSON."""
