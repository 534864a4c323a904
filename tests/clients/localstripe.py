"""Stripe's API as localstripe simulates it, in memory, on a free port of this machine: the first line says which.

The folder that localstripe is installed in is the only argument.
"""

import socket
import sys

sys.path.insert(0, sys.argv[1])

from aiohttp import web  # noqa: E402
from localstripe import resources, server  # noqa: E402

# Books on disk would be shared by everybody on this machine.
resources.Store.dump_to_disk = lambda self: None

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
web.run_app(server.app, sock=listener, print=None)
