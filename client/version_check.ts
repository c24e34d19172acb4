/** Asks a relay which build it runs (SNI `version`). */
import type { SocketAddress } from "../proto/socket_address.ts";
import type { Clock } from "../quic/clock.ts";
import type { Endpoint } from "../quic/port.ts";
import { ClientError } from "./errors.ts";
import { QUESTION_TIMEOUT_MS } from "./question_timeout.ts";

/** The most an answer may have; the original reads no more either. */
const MAX_ANSWER = 256;

export interface VersionCheckOptions {
  readonly endpoint: Endpoint;
  readonly address: SocketAddress;
  readonly clock: Clock;
  readonly pin?: Uint8Array;
}

/** The build hash of the relay at `address`. Rejects with `QuicError` or `ClientError`. */
export async function versionCheck(options: VersionCheckOptions): Promise<string> {
  const { endpoint, address, clock, pin } = options;
  const connection = await endpoint.dial({
    address,
    serverName: "version",
    timeoutMs: QUESTION_TIMEOUT_MS,
    ...(pin === undefined ? {} : { pin }),
  });
  const limit = clock.after(QUESTION_TIMEOUT_MS, () => connection.close(0, "no answer in time"));
  try {
    const stream = await connection.acceptUni();
    if (stream === null) {
      const reason = (await connection.closed).reason || "no reason given";
      throw new ClientError("refused", `The relay closed without telling its version (${reason}).`);
    }
    let answer = "";
    for (let part = await stream.read(); part !== null; part = await stream.read()) {
      answer += new TextDecoder("latin1").decode(part);
      if (answer.length > MAX_ANSWER) break;
    }
    // Text of a stranger on its way to a terminal.
    return answer.slice(0, MAX_ANSWER).replace(/[^\x21-\x7e]/g, "?");
  } finally {
    limit.cancel();
    connection.close(0, "done");
  }
}
