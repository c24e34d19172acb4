/** The handshakes and pings of probes, over real sockets: one for each family of addresses, opened when first needed. */
import type { Crypto } from "../../proto/crypto_port.ts";
import { parseSocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import { QuicError } from "../../quic/errors.ts";
import type { Endpoint, Transport } from "../../quic/port.ts";
import { ping } from "../ping.ts";
import { type PongOptions, pongs } from "./pongs.ts";
import type { HandshakeResult, ProbeTarget } from "./prober.ts";

/** A relay closes such a connection at once, so what it says comes right behind the handshake. */
const FAREWELL_MS = 150;

export class Handshakes {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #crypto: Crypto;
  readonly #endpoints = new Map<string, Promise<Endpoint>>();
  /** Certificates of relays that came without a pin; asking for one costs a handshake. */
  readonly #seen = new Map<string, Uint8Array>();

  constructor(transport: Transport, clock: Clock, crypto: Crypto) {
    this.#transport = transport;
    this.#clock = clock;
    this.#crypto = crypto;
  }

  /** Rejects with `QuicError`. */
  async measure({ addr, pin }: ProbeTarget, timeoutMs: number): Promise<HandshakeResult> {
    const address = parseSocketAddress(addr);
    if (address === null) throw new QuicError("handshake_failed", `"${addr}" is no address.`);
    const endpoint = await this.#endpoint(address.ip.includes(":") ? "::" : "0.0.0.0");
    const expected = pin ?? this.#seen.get(addr);
    try {
      const result = await ping({
        endpoint,
        address,
        clock: this.#clock,
        crypto: this.#crypto,
        timeoutMs,
        farewellMs: FAREWELL_MS,
        ...(expected && { pin: expected }),
      });
      if (pin === null) this.#seen.set(addr, result.certificateHash);
      return result;
    } catch (error) {
      this.#seen.delete(addr);
      throw error;
    }
  }

  /** Pings a relay that a handshake was made with. */
  async pongs({ addr, pin }: ProbeTarget, options: Omit<PongOptions, "stamp">): Promise<void> {
    const address = parseSocketAddress(addr);
    const expected = pin ?? this.#seen.get(addr);
    if (address === null || expected === undefined) return;
    try {
      const endpoint = await this.#endpoint(address.ip.includes(":") ? "::" : "0.0.0.0");
      const { timeoutMs } = options;
      const dialled = { address, serverName: "_probe", pin: expected, timeoutMs };
      const stamp = () => {
        const [high = 0, low = 0] = new Uint32Array(this.#crypto.random(8).slice().buffer);
        return (high >>> 11) * 2 ** 32 + low;
      };
      await pongs(await endpoint.dial(dialled), this.#clock, { ...options, stamp });
    } catch (error) {
      if (!(error instanceof QuicError)) throw error;
    }
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#endpoints.values());
    this.#endpoints.clear();
    for (const each of opened) if (each.status === "fulfilled") await each.value.close();
  }

  #endpoint(ip: string): Promise<Endpoint> {
    let endpoint = this.#endpoints.get(ip);
    if (endpoint === undefined) {
      endpoint = this.#transport.open({ ip, port: 0 });
      this.#endpoints.set(ip, endpoint);
      // The next probe tries again.
      endpoint.catch(() => this.#endpoints.delete(ip));
    }
    return endpoint;
  }
}
