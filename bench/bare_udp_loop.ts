/** The reference for `udp_relay`: everything that comes is sent on to one port. Serves until it is stopped. */

const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
const to = { transport: "udp", hostname: "127.0.0.1", port: Number(Deno.args[0]) } as const;
const buffer = new Uint8Array(65_536);
console.log(`listening ${(socket.addr as Deno.NetAddr).port}`);
for (;;) {
  const [bytes] = await socket.receive(buffer);
  await socket.send(bytes, to);
}
