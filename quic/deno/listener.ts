/** The accepting side of an endpoint on Deno's built-in QUIC. */
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { Connection, Incoming, Listener } from "../port.ts";
import { QuicError } from "../errors.ts";
import type { DenoConnection } from "./connection.ts";
import { handshakeFailure } from "./failures.ts";

/** Makes a server-side connection the endpoint knows of. */
export type Adopt = (quic: Deno.QuicConn) => DenoConnection;

export class DenoListener implements Listener {
  // Deno stops listening when this object is garbage collected.
  readonly #quic: Deno.QuicListener;
  readonly #adopt: Adopt;
  readonly #waiting: ((incoming: Incoming | null) => void)[] = [];
  #receiving = false;
  #stopped = false;

  constructor(quic: Deno.QuicListener, adopt: Adopt) {
    this.#quic = quic;
    this.#adopt = adopt;
  }

  next(): Promise<Incoming | null> {
    if (this.#stopped) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#receive();
    });
  }

  stop(): void {
    this.#stopped = true;
    for (const resolve of this.#waiting.splice(0)) resolve(null);
    // Deno's own `stop` would leave clients without any answer; refusing them lets them go elsewhere at once.
    this.#receive();
  }

  #receive(): void {
    if (this.#receiving) return;
    this.#receiving = true;
    this.#quic.incoming().then((incoming) => {
      this.#receiving = false;
      const resolve = this.#waiting.shift();
      if (resolve === undefined) incoming.refuse();
      else resolve(new DenoIncoming(incoming, this.#adopt));
      if (this.#stopped || this.#waiting.length > 0) this.#receive();
    }, () => {
      // The endpoint is closed; `#receiving` stays set, so nothing asks it again.
      this.#stopped = true;
      for (const resolve of this.#waiting.splice(0)) resolve(null);
    });
  }
}

/**
 * Deno's getters of an incoming handshake consume it, and its plain `accept` can be neither watched nor ended. So it
 * is accepted in the 0.5-RTT form, which gives the connection, and with it address and `close`, at once. Nothing is
 * lost in safety: that form only permits to send before the handshake is complete, and the connection is not handed
 * out before that. Early data of a resumed session, which Deno's listener accepts in either form, waits in the
 * transport until then too, so a replayed flight (which can never complete a handshake) is never seen.
 */
class DenoIncoming implements Incoming {
  readonly #quic: Deno.QuicIncoming;
  readonly #adopt: Adopt;
  #begun: { readonly quic: Deno.QuicConn; readonly connection: DenoConnection } | Error | null =
    null;
  #answered = false;

  constructor(quic: Deno.QuicIncoming, adopt: Adopt) {
    this.#quic = quic;
    this.#adopt = adopt;
  }

  async accept(): Promise<Connection> {
    if (this.#answered) throw new TypeError("A client can be accepted or refused once");
    this.#answered = true;
    const begun = this.#begin();
    if (begun instanceof Error) throw begun;
    // Resolves when the handshake is over, also by failure; that is known one microtask later.
    await begun.quic.handshake;
    await null;
    const end = begun.connection.closeInfo;
    // A peer can only close a connection of which it has completed the handshake.
    if (end !== null && end.kind !== "peer") {
      throw end.kind === "local"
        ? new QuicError("aborted", "The client was turned away during its handshake")
        : handshakeFailure(end.reason);
    }
    return begun.connection;
  }

  refuse(): void {
    const begun = this.#begun;
    if (begun instanceof Error) return;
    if (begun !== null) begun.connection.close();
    else if (!this.#answered) {
      this.#answered = true;
      this.#quic.refuse();
    }
  }

  remoteAddress(): SocketAddress | null {
    const begun = this.#begin();
    return begun instanceof Error ? null : begun.connection.remoteAddress;
  }

  #begin() {
    if (this.#begun === null) {
      try {
        const quic = this.#quic.accept({ zeroRtt: true });
        this.#begun = { quic, connection: this.#adopt(quic) };
      } catch (error) {
        this.#begun = handshakeFailure(error);
      }
    }
    return this.#begun;
  }
}
