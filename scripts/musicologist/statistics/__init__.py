"""Ground: ranks, intervals, nulls, curves and landmarks, in NumPy and SciPy alone. Imports nobody."""
