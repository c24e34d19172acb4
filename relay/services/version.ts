/** SNI `version`: the build hash as bare ASCII on one unidirectional stream, then the end. */
import type { Clock } from "../../quic/clock.ts";
import type { Arrival, Service } from "../ports/service.ts";

/** Time for the bytes to leave before the close overtakes them. */
const LINGER_MS = 100;
/** A client that gives no credit for a stream is not waited for any longer. */
const LIMIT_MS = 5_000;

export class VersionService implements Service {
  readonly kind = "version";
  readonly #hash: Uint8Array;
  readonly #clock: Clock;

  constructor(hash: string, clock: Clock) {
    this.#hash = new TextEncoder().encode(hash);
    this.#clock = clock;
  }

  serve({ connection }: Arrival): void {
    const limit = this.#clock.after(LIMIT_MS, () => connection.close(0, ""));
    connection.closed.then(() => limit.cancel());
    connection.openUni()
      .then((stream) => stream.finish(this.#hash))
      .then(() => this.#clock.after(LINGER_MS, () => connection.close(0, "")))
      .catch(() => connection.close(0, ""));
  }
}
