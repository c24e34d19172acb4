/** Which QUIC library carries the tool. */
import { QuicError } from "../quic/errors.ts";
import type { Transport } from "../quic/port.ts";
import { systemTransport } from "../quic/system_transport.ts";
import { ClientError } from "./errors.ts";
import type { Settings } from "./flags.ts";

/** The other library is loaded when its transport is opened. */
export function transportNamed(name: Settings["quic"]): Transport {
  return name === "deno" ? systemTransport : { name, open: openNative };
}

async function openNative(local: Parameters<Transport["open"]>[0]) {
  try {
    const { matrixaiTransport } = await import("../quic/matrixai/mod.ts");
    return await matrixaiTransport.open(local);
  } catch (error) {
    if (error instanceof QuicError && error.code !== "protocol") throw error;
    throw new ClientError(
      "unsupported",
      "--quic matrixai works from source only, the executable does not have this library; run " +
        '"deno task client --quic matrixai ..." there.',
      { cause: error },
    );
  }
}
