"""Stripe's API as localstripe simulates it, in memory, on a free port of this machine: the first line says which.

The folder that localstripe is installed in is the first argument; with a certificate and its key after it, TLS is spoken.
"""

import socket
import ssl
import sys

sys.path.insert(0, sys.argv[1])

from aiohttp import web  # noqa: E402
from localstripe import resources, server  # noqa: E402

# Books on disk would be shared by everybody on this machine.
resources.Store.dump_to_disk = lambda self: None

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
tls = None
if len(sys.argv) > 2:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*sys.argv[2:])
web.run_app(server.app, sock=listener, ssl_context=tls, print=None)
