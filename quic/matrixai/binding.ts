/** The one place that loads the native addon of `@matrixai/quic` and names its types. */
import type { Quiche } from "@matrixai/quic/native/quiche.js";
import type {
  Config as NativeConfig,
  Connection as NativeConnection,
  Host as HostPort,
} from "@matrixai/quic/native/types.js";
import { QuicError } from "../errors.ts";

export type { HostPort, NativeConfig, NativeConnection };

/** The native module: quiche 0.18 through N-API. */
export type Binding = Quiche;

let loading: Promise<Binding> | null = null;

/** Loads the addon on first use. It crashes when a second thread of the process loads it too. */
export function loadBinding(): Promise<Binding> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Binding> {
  try {
    // Dynamic, since a program that does not ask for this adapter must not load it; the executable's bundle leaves
    // the package out and fails here.
    return (await import("@matrixai/quic/native/quiche.js")).default;
  } catch (cause) {
    loading = null;
    throw new QuicError(
      "protocol",
      "Cannot load @matrixai/quic: it needs --allow-ffi, a supported platform and a run from source",
      { cause },
    );
  }
}

/** The code in `StreamStopped(7)` or `StreamReset(7)`, null for any other error of the addon. */
export function streamErrorCode(error: unknown): number | null {
  const match = error instanceof Error
    ? /^Stream(?:Stopped|Reset)\((\d+)\)$/.exec(error.message)
    : null;
  return match === null ? null : Number(match[1]);
}

/** Whether the addon says it does not know the stream (not arrived yet, or finished and forgotten). */
export function isUnknownStream(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("InvalidStreamState");
}
