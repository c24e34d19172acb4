/** Tells what is new to our ears from copies that came over another relay and from our own voice coming back. */
import type { Crypto } from "../../proto/crypto_port.ts";
import { NOBODY, OWN, OWN_REMEMBERED_MS, RecentPackets } from "./recent_packets.ts";

export class NewsFilter {
  readonly #recent: RecentPackets;
  /** Until then our own packets may come back to us. */
  #echoUntil = -Infinity;

  constructor(crypto: Pick<Crypto, "random">) {
    const seed = crypto.random(4);
    this.#recent = new RecentPackets(new DataView(seed.buffer, seed.byteOffset).getUint32(0));
  }

  /** More than one relay sends to us from now on. */
  several(): void {
    this.#echoUntil = Infinity;
  }

  /** Only one does; what went to another one may still come back. */
  single(now: number): void {
    this.#echoUntil = now + OWN_REMEMBERED_MS;
  }

  /** We sent it ourselves. */
  sent(packet: Uint8Array, now: number): void {
    this.#recent.first(packet, OWN, now);
  }

  /** Whether a packet that came over this session is to be heard. */
  isNews(packet: Uint8Array, session: number, now: number): boolean {
    const first = this.#recent.first(packet, session, now);
    // Two speakers may say the very same; over one relay alone nothing comes back, so it is another one's.
    if (first === OWN) return now >= this.#echoUntil;
    return first === NOBODY || first === session;
  }
}
