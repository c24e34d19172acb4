/** How a connection that is closed takes its leave: it says so once the peer can hear it, and repeats it. */
import type { Clock, Timer } from "../clock.ts";
import type { NativeConnection } from "./binding.ts";

/** A close frame to send: of the application, or of the transport with an error code of QUIC. */
export interface CloseFrame {
  readonly application: boolean;
  readonly code: number;
  readonly reason: string;
}

/** After that nobody who still sends gets an answer. */
const LINGER_MS = 3_000;
/** A close frame has to fit into one packet. */
const MAX_REASON_BYTES = 900;
/** quiche 0.18 can send without end after a close that it could not put on the wire. */
const MAX_PACKETS_AFTER_CLOSE = 8;

type NativeClosing = Pick<NativeConnection, "close" | "sendAckEliciting">;

export class Departure {
  /** Resolves when the peer has been told, or cannot be told. */
  readonly left: Promise<void>;
  readonly #native: NativeClosing;
  readonly #left = Promise.withResolvers<void>();
  readonly #linger: Timer;
  #unsaid: CloseFrame | null;
  #packetsSent = 0;
  #packetsHeard = 0;
  /** The packet that told the peer. */
  #farewell: Uint8Array | null = null;

  /** Without a frame there is nothing to say: the peer closed, or is gone. `over` is called when time is up. */
  constructor(native: NativeClosing, clock: Clock, frame: CloseFrame | null, over: () => void) {
    this.#native = native;
    this.#unsaid = frame;
    this.left = this.#left.promise;
    this.#linger = clock.after(LINGER_MS, over);
    if (frame === null) this.#left.resolve();
  }

  /** Whether the close is still to be handed to quiche. */
  get isPending(): boolean {
    return this.#unsaid !== null;
  }

  /** Whether quiche has been told to close and goes on sending all the same. */
  get isRunaway(): boolean {
    return this.#unsaid === null && this.#packetsSent >= MAX_PACKETS_AFTER_CLOSE;
  }

  /**
   * Closes if the close can leave at once. quiche holds it back while the congestion window is full, and takes in
   * nothing that could open the window from then on; so try with a PING first. `transmit` says how many packets left.
   */
  speak(transmit: () => number): void {
    if (this.#unsaid === null) return;
    // What was handed over before the close leaves before it; without our half of the handshake the peer could not
    // even decrypt it.
    transmit();
    this.#native.sendAckEliciting();
    if (transmit() === 0) return;
    const { application, code, reason } = this.#unsaid;
    this.#unsaid = null;
    try {
      const bytes = new TextEncoder().encode(reason).slice(0, MAX_REASON_BYTES);
      this.#native.close(application, code, bytes);
    } catch {
      // The peer was quicker.
    }
  }

  /** A packet left; the last one after the close is the farewell. */
  sent(packet: Uint8Array): void {
    if (this.#unsaid !== null) return;
    this.#packetsSent++;
    this.#farewell = packet.slice();
    this.#left.resolve();
  }

  /**
   * The peer sent something: null while there is no farewell, else what to answer. The farewell is repeated after
   * 1, 2, 4, 8 ... packets (RFC 9000 10.2.1), so that two closed ends cannot keep each other busy.
   */
  heard(): { readonly repeat: Uint8Array | null } | null {
    if (this.#farewell === null) return null;
    const count = ++this.#packetsHeard;
    const isPowerOfTwo = (count & (count - 1)) === 0;
    return { repeat: isPowerOfTwo ? this.#farewell : null };
  }

  /** The connection is forgotten. */
  end(): void {
    this.#linger.cancel();
    this.#left.resolve();
  }
}
