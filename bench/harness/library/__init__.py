"""`make bench ONLY=library`: one consumer, written with several libraries. `part` measures it and names the rest."""
