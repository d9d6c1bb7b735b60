"""``python -m imbnas``: the command line ``imbnas-bench``."""

from imbnas.cli import main

if __name__ == "__main__":
    main()
