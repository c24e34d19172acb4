/** A program that knows everything but the private keys, and floods a relay for WireGuard with it. */
import { INITIATION, messageType } from "../../udp_relay/wireguard_message.ts";
import { initiation, keyOf, transport } from "../../udp_relay/testing_wireguard.ts";

const PORT = 51_820;
/** So many at once, a hundred times a second. */
const BATCH = 30;
const [hostname = "", ...keys] = Deno.args;
const socket = Deno.listenDatagram({ transport: "udp", hostname: "0.0.0.0", port: PORT });
const relay = { transport: "udp", hostname, port: PORT } as const;

console.log("waiting");
let captured: Uint8Array;
do [captured] = await socket.receive(); while (messageType(captured) !== INITIATION);
console.log("captured");

let sent = 0;
setInterval(async () => {
  for (let i = 0; i < BATCH; i++) {
    sent += 1;
    await socket.send(made(sent), relay);
  }
  if (sent % (100 * BATCH) === 0) console.log(`sent ${sent}`);
}, 10);

function made(number: number): Uint8Array {
  const random = crypto.getRandomValues(new Uint8Array(1 + number % 200));
  switch (number % 6) {
    case 0:
      return random;
    case 1:
      return initiation(keys[number % keys.length] ?? "", number);
    case 2:
      return initiation(keyOf(number), number);
    case 3:
      return captured;
    case 4:
      return transport(new DataView(random.buffer).getUint8(0), number);
    default:
      random[0] = 1 + number % 4;
      return random;
  }
}
