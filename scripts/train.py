"""Call `framecls train`; every flag is passed on."""

import sys

from framecls.cli import app

if __name__ == "__main__":
    app(["train", *sys.argv[1:]])
