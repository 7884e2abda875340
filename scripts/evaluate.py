"""Call `framecls evaluate`; every flag is passed on."""

import sys

from framecls.cli import app

if __name__ == "__main__":
    app(["evaluate", *sys.argv[1:]])
