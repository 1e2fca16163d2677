"""The values that walk through the house. Frozen; columns are NumPy arrays that nobody writes to after construction."""
