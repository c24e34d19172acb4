/** How a relay of the original kind takes messages: strictly in stream order, one stream after the other. */
import { WireError } from "../../../proto/errors.ts";
import {
  decodeSignal,
  FrameReader,
  isOriginal,
  type KnownSignal,
  type Signal,
} from "../../../proto/signal/mod.ts";
import type { Connection } from "../../../quic/port.ts";

/** The JSON of the next message; null when the connection is closed. Throws `WireError` for a stream without one. */
export async function nextMessage(connection: Connection): Promise<Uint8Array | null> {
  const stream = await connection.acceptBidi();
  if (stream === null) return null;
  const reader = new FrameReader();
  try {
    for (;;) {
      const part = await stream.receive.read();
      if (part === null) throw new WireError("truncated", "A stream ended before its message");
      const body = reader.push(part);
      if (body !== null) return body;
    }
  } finally {
    // It drops both halves once it has read what it wanted.
    stream.receive.stop(0);
    stream.send.finish().catch(() => {});
  }
}

/**
 * A message as an original knows it: of its 36 variants, without the fields it has never heard of. Throws `WireError`
 * for everything else, also inside a forward.
 */
export function decodeAsOriginal(body: Uint8Array): KnownSignal {
  return original(decodeSignal(body));
}

function original(signal: Signal): KnownSignal {
  if (signal.type === "unknown" || !isOriginal(signal.type)) {
    throw new WireError("bad_field", `unknown variant ${JSON.stringify(signal)}`);
  }
  if (signal.type === "FederatedSignalForward") {
    return { ...signal, inner: original(signal.inner), ext: null };
  }
  return "ext" in signal ? { ...signal, ext: null } : signal;
}
