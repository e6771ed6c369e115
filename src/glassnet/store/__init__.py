"""A finished run to a model file and back, without pickle."""
