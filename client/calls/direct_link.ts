/** A direct connection to the other party of a call: made by dialling or by being dialled. */
import type { SocketAddress } from "../../proto/socket_address.ts";
import {
  CLOSED,
  type CloseInfo,
  type Connection,
  type Endpoint,
  type SendResult,
} from "../../quic/port.ts";
import { DIRECT_LIMIT_MS, NOT_SELECTED } from "./path_race.ts";

export interface DialPlan {
  readonly endpoint: Endpoint;
  /** Tried at the same time. */
  readonly candidates: readonly SocketAddress[];
  readonly serverName: string;
  /** SHA-256 of the other side's certificate; null where it cannot tell. */
  readonly pin: Uint8Array | null;
}

/**
 * The one connection that is used, and until the dialler has settled on it also those that lost: each side closes
 * what it does not want, and what is open is used.
 */
export class DirectLink {
  /** Resolves when the last connection is gone, with how that ended. */
  readonly closed: Promise<CloseInfo>;
  readonly #connections: Connection[] = [];
  readonly #onUp: () => void;
  readonly #onDown: () => void;
  readonly #dialling = new AbortController();
  #resolveClosed!: (info: CloseInfo) => void;
  #receive: ((datagram: Uint8Array) => void) | null = null;
  #closeInfo: CloseInfo | null = null;

  /** `onUp` is called for the first connection, `onDown` when there will be none, or none any more. */
  constructor(onUp: () => void, onDown: () => void) {
    this.#onUp = onUp;
    this.#onDown = onDown;
    this.closed = new Promise((resolve) => this.#resolveClosed = resolve);
  }

  get closeInfo(): CloseInfo | null {
    return this.#closeInfo;
  }

  /** The one in use; null before the first and after the last. */
  get connection(): Connection | null {
    return this.#connections.find(({ closeInfo }) => closeInfo === null) ?? null;
  }

  /** Dials all candidates; the first that answers is kept. */
  async dial({ endpoint, candidates, serverName, pin }: DialPlan): Promise<void> {
    const { signal } = this.#dialling;
    const dials = candidates.map(async (address) => {
      const connection = await endpoint.dial({
        address,
        serverName,
        timeoutMs: DIRECT_LIMIT_MS,
        signal,
        ...(pin && { pin }),
      });
      if (this.connection === null && !signal.aborted) this.add(connection);
      else connection.close(0, NOT_SELECTED);
    });
    await Promise.allSettled(dials);
    if (this.#connections.length === 0) this.#end({ kind: "error", code: 0, reason: "no answer" });
  }

  /** One that came up. */
  add(connection: Connection): void {
    if (this.#closeInfo !== null) return connection.close(0, NOT_SELECTED);
    this.#connections.push(connection);
    if (this.#receive !== null) connection.onDatagram(this.#receive);
    connection.closed.then((info) => {
      if (this.connection === null) this.#end(info);
    });
    if (this.#connections.length === 1) this.#onUp();
  }

  /** Sets the one receiver of datagrams. It must not throw. */
  onDatagram(receive: (datagram: Uint8Array) => void): void {
    this.#receive = receive;
    for (const connection of this.#connections) connection.onDatagram(receive);
  }

  send(packet: Uint8Array): SendResult {
    return this.connection?.sendDatagram(packet) ?? CLOSED;
  }

  close(reason: string): void {
    this.#dialling.abort();
    this.#end({ kind: "local", code: 0, reason });
    for (const connection of this.#connections) connection.close(0, reason);
  }

  #end(info: CloseInfo): void {
    if (this.#closeInfo !== null) return;
    this.#closeInfo = info;
    this.#resolveClosed(info);
    this.#onDown();
  }
}
