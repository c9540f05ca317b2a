"""Finding passages without a model."""
