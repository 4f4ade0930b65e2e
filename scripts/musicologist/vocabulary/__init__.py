"""Ground: the closed vocabulary of aspects, in which each aspect has its words for every use. Imports nobody."""
