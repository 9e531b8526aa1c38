"""The report of a comparison: its answer in plain words, what that rests on, and one page that holds it all."""
