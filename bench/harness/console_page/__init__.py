"""`make bench ONLY=console`: the page of `rydes console`, in a browser. `part` measures it and names the rest."""
