"""A finished run as one HTML file that opens offline, and the pictures that `Model.plot_...` draws."""
