"""Call `framecls label`; every flag is passed on."""

import sys

from framecls.cli import app

if __name__ == "__main__":
    app(["label", *sys.argv[1:]])
