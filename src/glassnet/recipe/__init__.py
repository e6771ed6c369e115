"""What "auto" and the tutorials' names choose, with the reasons."""
