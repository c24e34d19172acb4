/** Floods a relay for WireGuard between the orders `on` and `off`, with everything that is none of its business. */
import { initiation, keyOf, transport } from "../../udp_relay/testing_wireguard.ts";

const [port = "0", perSecond = "0", ...keys] = Deno.args;
const relay = { transport: "udp", hostname: "127.0.0.1", port: Number(port) } as const;
const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
const GARBAGE = new Uint8Array(120);
/** Made before, so that the flood costs its sender little. */
const packets = Array.from({ length: 64 }, (_, i) => {
  if (i % 4 === 0) return initiation(keys[i % keys.length] ?? "", i);
  if (i % 4 === 1) return initiation(keyOf(i), i);
  return i % 4 === 2 ? transport(i, i) : GARBAGE;
});

let on = false;
let sent = 0;
let due = 0;
setInterval(async () => {
  if (!on) return;
  const now = performance.now();
  for (due = Math.max(due, now - 20); due < now; due += 1_000 / Number(perSecond)) {
    await socket.send(packets[sent++ % packets.length]!, relay);
  }
}, 1);
for await (const order of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  on = order.trim().endsWith("on");
  console.log(`done ${sent}`);
}
Deno.exit();
