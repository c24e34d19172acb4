/** Leaving a connection so that the last words arrive before the close. */
import type { Clock } from "../quic/clock.ts";
import type { CloseInfo, Connection } from "../quic/port.ts";
import type { SignalChannel } from "../quic/signal_channel.ts";

/** Longest wait for the last signals to be taken, and then for them to leave the machine before the close. */
const FLUSH_LIMIT_MS = 1_000;
const GRACE_MS = 100;

/** Closes once what is queued has been sent; resolves with how the connection ended. */
export async function farewell(
  connection: Connection,
  signals: SignalChannel,
  clock: Clock,
): Promise<CloseInfo> {
  await Promise.race([signals.flushed(), pauseWhileOpen(connection, clock, FLUSH_LIMIT_MS)]);
  await pauseWhileOpen(connection, clock, GRACE_MS);
  connection.close(0, "normal close");
  return await connection.closed;
}

/** Until the time is over or the connection is. */
async function pauseWhileOpen({ closed }: Connection, clock: Clock, ms: number): Promise<void> {
  let wake = () => {};
  const over = new Promise<void>((resolve) => wake = resolve);
  const timer = clock.after(ms, wake);
  await Promise.race([over, closed]);
  timer.cancel();
}
