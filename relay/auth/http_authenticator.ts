/** Asks an HTTP service whether tokens are good: shared, cached and bounded, and closed to everybody when in doubt. */
import type { Crypto } from "../../proto/crypto_port.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Authenticator, AuthOutcome } from "../ports/auth.ts";
import type { Counters } from "../ports/counters.ts";
import type { Log } from "../ports/log.ts";
import { Secret } from "../secret.ts";
import { sourceKey } from "../source_key.ts";
import type { AuthFinding } from "./auth_answer.ts";
import { askService } from "./auth_request.ts";
import { Slots } from "./slots.ts";
import { TokenCache } from "./token_cache.ts";

export interface AuthSettings {
  /** Null: no service, nobody needs a token. */
  readonly url: string | null;
  /** How long a good token stays good without asking; 0 asks every time. */
  readonly cacheMs: number;
}

export interface AuthLimits {
  /** From the question to the last byte of the answer, waiting for a turn included. */
  readonly timeoutMs: number;
  /** Requests at a time, shared by sources; one alone has half. */
  readonly maxRequests: number;
  /** Tokens that may wait for a request to end, shared alike. */
  readonly maxWaiting: number;
  readonly maxCached: number;
  readonly maxAnswerBytes: number;
  /** Characters; a token longer than this is refused without asking. */
  readonly maxTokenLength: number;
}

/** The 5 s are part of the contract with the service; the rest bounds what a flood of tokens can cost. */
const LIMITS: AuthLimits = {
  timeoutMs: 5_000,
  maxRequests: 32,
  maxWaiting: 256,
  maxCached: 4_096,
  maxAnswerBytes: 65_536,
  maxTokenLength: 16_384,
};

export interface HttpAuthenticatorOptions {
  readonly clock: Clock;
  readonly crypto: Pick<Crypto, "sha256">;
  readonly log: Log;
  readonly counters: Pick<Counters, "authAttempts">;
  /** Asked for every token, so that a reload counts at once. */
  readonly settings: () => AuthSettings;
  readonly limits?: Partial<AuthLimits>;
}

export class HttpAuthenticator implements Authenticator {
  readonly #options: HttpAuthenticatorOptions;
  readonly #limits: AuthLimits;
  readonly #slots: Slots;
  readonly #cache: TokenCache;
  /** Questions that are being asked, by key. */
  readonly #asked = new Map<string, Promise<AuthOutcome>>();
  readonly #closing = new AbortController();

  constructor(options: HttpAuthenticatorOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#slots = new Slots(this.#limits.maxRequests, this.#limits.maxWaiting);
    this.#cache = new TokenCache(options.clock, this.#limits.maxCached);
  }

  get required(): boolean {
    return this.#options.settings().url !== null;
  }

  async check(token: string, ip: string): Promise<AuthOutcome> {
    if (token === "") return { ok: false, reason: "token_missing" };
    const outcome = await this.#find(token, sourceKey(ip));
    this.#options.counters.authAttempts.add(outcome.ok ? "ok" : "fail");
    return outcome;
  }

  /** Ends all questions; those who wait are refused. */
  close(): void {
    this.#closing.abort();
  }

  #find(token: string, source: string): Promise<AuthOutcome> | AuthOutcome {
    const { crypto, settings } = this.#options;
    const { url, cacheMs } = settings();
    if (url === null || this.#closing.signal.aborted) {
      return { ok: false, reason: "service_unreachable" };
    }
    // Two texts that are not well formed could be one to the service and to the hash.
    if (token.length > this.#limits.maxTokenLength || !token.isWellFormed()) {
      return { ok: false, reason: "token_rejected" };
    }
    // With the URL in it, what one service said is never taken for the word of another.
    const key = crypto.sha256(new TextEncoder().encode(`${url}\n${token}`)).toHex();
    const known = this.#cache.get(key, cacheMs);
    if (known !== null) return known;
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const asking = this.#ask(url, new Secret(token), source).then((outcome) => {
      this.#asked.delete(key);
      if (outcome.ok) this.#cache.put(key, outcome);
      return outcome;
    });
    this.#asked.set(key, asking);
    return asking;
  }

  async #ask(url: string, token: Secret, source: string): Promise<AuthOutcome> {
    const { clock, log } = this.#options;
    const startedAt = clock.now();
    const timeout = new AbortController();
    const timer = clock.after(this.#limits.timeoutMs, () => timeout.abort());
    const { outcome, detail } = await this.#inTurn(url, token, source, timeout.signal);
    timer.cancel();
    if (detail !== undefined && !outcome.ok && !this.#closing.signal.aborted) {
      log.warn("authentication service failed, token refused", {
        reason: outcome.reason,
        detail,
        ms: Math.round(clock.now() - startedAt),
      });
    }
    return outcome;
  }

  async #inTurn(
    url: string,
    token: Secret,
    source: string,
    timeout: AbortSignal,
  ): Promise<AuthFinding> {
    const signal = AbortSignal.any([timeout, this.#closing.signal]);
    if (!await this.#slots.enter(signal, source)) {
      return {
        outcome: { ok: false, reason: "service_timeout" },
        detail: "too many tokens to check",
      };
    }
    try {
      const { maxAnswerBytes } = this.#limits;
      return await askService({ url, token, signal, maxAnswerBytes });
    } finally {
      this.#slots.leave(source);
    }
  }
}
