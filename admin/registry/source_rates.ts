/** How often each source may ask. */
import { isLoopbackIp } from "../guard/host_header.ts";
import { sourceKey } from "../../relay/ports/addresses.ts";
import type { AdminHost } from "../../relay/ports/admin.ts";
import { TokenBucket } from "../../relay/ports/token_bucket.ts";
import type { Caller } from "../guard/caller.ts";
import { Problem } from "../problem.ts";

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface SourceRatesInit {
  readonly stranger: Rate;
  /** Who showed a token, and this machine: everybody behind a proxy on it is one source. */
  readonly known: Rate;
}

const MAX_SOURCES = 4_096;

export class SourceRates {
  readonly #clock: AdminHost["clock"];
  readonly #rates: SourceRatesInit;
  /** The one that asked longest ago is first. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(clock: AdminHost["clock"], rates: SourceRatesInit) {
    this.#clock = clock;
    this.#rates = rates;
  }

  /** Throws `Problem` when this source has asked too often. */
  take({ source, scope }: Caller): void {
    const known = scope !== "none" || isLoopbackIp(source.ip);
    const { perSecond, burst } = known ? this.#rates.known : this.#rates.stranger;
    const key = `${known ? "known" : "stranger"} ${sourceKey(source.ip)}`;
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#clock, perSecond, burst);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MAX_SOURCES) {
      this.#buckets.delete(this.#buckets.keys().next().value!);
    }
    if (!bucket.take()) throw tooMany(Math.ceil(1 / perSecond));
  }
}

/** Ask again after so many seconds. */
export function tooMany(seconds: number, detail = "This source asks too often"): Problem {
  return new Problem("too_many", {
    detail: `${detail}. Try again in ${seconds} s.`,
    headers: { "retry-after": String(seconds) },
  });
}
