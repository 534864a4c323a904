"""Fan-out with the package `websockets`, as its users write it: the items that changed are encoded once,
in one message, and `broadcast` sends it to every client. Changes begin when all clients are there."""

import asyncio
import json
import random
import sys
from datetime import datetime, timezone

from websockets.asyncio.server import broadcast, serve

items, clients, every_s = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) / 1000
skus = [f"ITEM-{item:06}" for item in range(items)]


async def main():
    version = 1
    async with serve(lambda one: one.wait_closed(), "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        host, port = server.sockets[0].getsockname()
        print(f"listening on {host}:{port}", flush=True)
        while True:
            await asyncio.sleep(every_s)
            if len(server.connections) < clients:
                continue
            version += 1
            time = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            levels = [
                {
                    "location": "S0",
                    "sku": sku,
                    "version": version,
                    "time": time,
                    "available": str(999_000_000 + random.randrange(900_000)),
                    "low": False,
                    "band": "in_stock",
                }
                for sku in skus
            ]
            ready = [one for one in server.connections if one.transport.get_write_buffer_size() == 0]
            broadcast(ready, json.dumps({"levels": levels}, separators=(",", ":")))


asyncio.run(main())
