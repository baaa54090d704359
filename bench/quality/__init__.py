"""How good the matches are: the product's ranking beside simple ones, on sets whose right answers are known."""
