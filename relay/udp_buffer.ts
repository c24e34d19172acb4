/** Tells the operator when the system gives sockets too little room for bursts of voice. */
import { type Clock, systemClock } from "../quic/clock.ts";

/** A burst of a busy relay: 100 ms of 10,000 packets/s. A receive buffer of 1 MiB holds it. */
const ENOUGH_PACKETS = 1_000;
/** A try takes some 20 ms. */
const TRY_MS = 2_000;
const SYSCTL = "net.core.rmem_default=1048576";

/** A sentence with the command that mends it, or null when all is well or it cannot be found out. */
export async function udpBufferAdvice(): Promise<string | null> {
  const packets = await bufferedPackets(ENOUGH_PACKETS);
  if (packets === null || packets >= ENOUGH_PACKETS) return null;
  return `UDP sockets of this machine hold a burst of ${packets} packets only, which a busy relay ` +
    `overflows; for more: sysctl -w ${SYSCTL}`;
}

/**
 * How many of `limit` small packets a socket keeps while nobody reads it. Found by trying, on loopback: the setting
 * stands in /proc, which a program without all permissions may not read.
 */
export async function bufferedPackets(
  limit: number,
  clock: Clock = systemClock,
): Promise<number | null> {
  const sockets: Deno.DatagramConn[] = [];
  const open = () => {
    const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    sockets.push(socket);
    return socket;
  };
  // Should the last marker be lost, nothing more would come.
  const giveUp = clock.after(TRY_MS, () => sockets.splice(0).forEach((socket) => socket.close()));
  try {
    const receiver = open();
    const sender = open();
    const packet = new Uint8Array(100);
    const marker = new Uint8Array(1);
    for (let sent = 0; sent < limit; sent++) await sender.send(packet, receiver.addr);
    // The first marker that finds room comes after all that was kept. The kernel frees room in large steps, hence one
    // marker per packet read.
    let kept = 0;
    while ((await receiver.receive())[0].length !== marker.length) {
      kept++;
      await sender.send(marker, receiver.addr);
    }
    return kept;
  } catch {
    return null;
  } finally {
    giveUp.cancel();
    for (const socket of sockets) socket.close();
  }
}
