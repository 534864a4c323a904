// Fan-out with the package `ws`, as its users write it: each change is encoded once and sent to every
// client. Mode "each" sends a message for each item; mode "together" gathers those that changed in one.
// Whoever has not taken the last message yet is passed over, so that memory stays bounded.
import { WebSocketServer } from "ws";

const [items, clients, everyMs] = process.argv.slice(2, 5).map(Number);
const mode = process.argv[5];
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, backlog: 4096, perMessageDeflate: false });
server.on("listening", () => console.log(`listening on 127.0.0.1:${server.address().port}`));
const skus = Array.from({ length: items }, (_, item) => `ITEM-${String(item).padStart(6, "0")}`);
let version = 1;

function level(sku, time) {
  const available = String(999_000_000 + Math.floor(Math.random() * 900_000));
  return { location: "S0", sku, version, time, available, low: false, band: "in_stock" };
}

function change() {
  version += 1;
  const time = new Date().toISOString();
  const levels = skus.map((sku) => level(sku, time));
  const groups = mode === "each" ? levels.map((one) => [one]) : [levels];
  const messages = groups.map((group) => Buffer.from(JSON.stringify({ levels: group })));
  for (const client of server.clients) {
    if (client.bufferedAmount > 0) continue;
    for (const message of messages) client.send(message, { binary: false });
  }
}

// Changes begin when all are there.
server.on("connection", () => {
  if (server.clients.size === clients) setInterval(change, everyMs);
});
