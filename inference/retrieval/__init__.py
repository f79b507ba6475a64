"""Finding the articles that a question is about, by words and, where installed, by meaning."""
