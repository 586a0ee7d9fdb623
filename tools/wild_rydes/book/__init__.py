"""The book: the pages of the repository as a site with search."""
