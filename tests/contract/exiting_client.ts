/** A program that connects (port and pin are its arguments), closes its endpoint and exits at once. */
import { denoTransport } from "../../quic/deno/transport.ts";

const [port, pin] = Deno.args;
const endpoint = await denoTransport().open({ ip: "127.0.0.1", port: 0 });
await endpoint.dial({
  address: { ip: "127.0.0.1", port: Number(port) },
  serverName: "room",
  pin: Uint8Array.from(pin!.split(","), Number),
});
await endpoint.close(0, "shutdown");
Deno.exit(0);
