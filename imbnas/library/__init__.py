"""What people use alone, from a program or a notebook; ``imbnas`` offers it by name."""
