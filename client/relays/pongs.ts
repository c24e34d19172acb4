/** Measures the way to a relay by pings over one connection (SNI `_probe`), without the work of a handshake in it. */
import { WireError } from "../../proto/errors.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Connection } from "../../quic/port.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";

export interface PongOptions {
  readonly times: number;
  /** For all of them. */
  readonly timeoutMs: number;
  /** Nobody can tell the next one, and answer it before it is asked. */
  readonly stamp: () => number;
  /** Is told of each round trip as it is known. */
  readonly onPong: (rttMs: number) => void;
}

/** One after the other; fewer or none when the relay does not answer in time. Closes the connection. */
export async function pongs(
  connection: Connection,
  clock: Clock,
  { times, timeoutMs, stamp: newStamp, onPong }: PongOptions,
): Promise<void> {
  const channel = new SignalChannel(connection, { clock });
  const late = clock.after(timeoutMs, () => connection.close(0, "ping"));
  for (let each = 0; each < times; each++) {
    const stamp = newStamp();
    const sentAt = clock.now();
    channel.send({ type: "Ping", timestamp_ms: stamp });
    if (!await answered(channel, stamp)) break;
    onPong(clock.now() - sentAt);
  }
  late.cancel();
  connection.close(0, "ping");
}

/** False when the connection ended before. */
async function answered(channel: SignalChannel, stamp: number): Promise<boolean> {
  for (;;) {
    const message = await channel.receive();
    if (message === null) return false;
    if (message instanceof WireError) continue;
    if (message.type === "Pong" && message.timestamp_ms === stamp) return true;
  }
}
