"""Reference pages made of the code, as Markdown."""
