/** A program at one end of a tunnel: answers everybody, and asks the addresses it is given ten times a second. */

const PORT = 7_000;
const [own = "", ...others] = Deno.args;
const socket = Deno.listenDatagram({ transport: "udp", hostname: own, port: PORT });
const text = (words: string) => new TextEncoder().encode(words);
let asked = 0;

console.log("talking");
setInterval(() => {
  asked += 1;
  for (const hostname of others) {
    // While there is no way the tunnel may refuse it, which is what this is there to find out.
    socket.send(text(`ask ${asked}`), { transport: "udp", hostname, port: PORT }).catch(() => {});
  }
}, 100);
for await (const [bytes, from] of socket) {
  const [kind, number] = new TextDecoder().decode(bytes).split(" ");
  if (kind === "ask") socket.send(text(`answer ${number}`), from).catch(() => {});
  else console.log(`${(from as Deno.NetAddr).hostname} answered ${number}`);
}
