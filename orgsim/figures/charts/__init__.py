"""The charts of the report and the app, one function each: a tidy table and the arms' names in, a Chart out."""
