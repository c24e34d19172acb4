/** The addresses an operator has blocked, kept outside the worker so that they hold when it is started again. */
import type { UdpRelayHost } from "../relay/ports/udp_relay.ts";
import { MAX_OPERATOR_BLOCKS } from "./sources.ts";

export class OperatorBlocks {
  readonly #clock: UdpRelayHost["clock"];
  /** Clock time of their end; the oldest first. */
  readonly #ends = new Map<string, number>();

  constructor(clock: UdpRelayHost["clock"]) {
    this.#clock = clock;
  }

  /** `ms` null: until lifted. When there are too many, the oldest goes. */
  add(ip: string, ms: number | null): void {
    this.#ends.delete(ip);
    this.#ends.set(ip, ms === null ? Infinity : this.#clock.now() + ms);
    const surplus = this.#ends.size - MAX_OPERATOR_BLOCKS;
    if (surplus > 0) this.#ends.delete(this.#ends.keys().next().value!);
  }

  /** False when it was not blocked. */
  remove(ip: string): boolean {
    const end = this.#ends.get(ip);
    this.#ends.delete(ip);
    return end !== undefined && end > this.#clock.now();
  }

  /** Those that still hold, and for how long. */
  left(): { readonly ip: string; readonly ms: number | null }[] {
    const now = this.#clock.now();
    for (const [ip, end] of this.#ends) if (end <= now) this.#ends.delete(ip);
    return [...this.#ends].map(([ip, end]) => ({ ip, ms: end === Infinity ? null : end - now }));
  }
}
