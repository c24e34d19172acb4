/** Decides who a request comes from and whether it may go on; pure, so that every rule can be tested. */
import type { SocketAddress } from "../../relay/ports/addresses.ts";
import type { AdminHost } from "../../relay/ports/admin.ts";
import { Problem } from "../problem.ts";
import { isRegistryRequest } from "../registry/paths.ts";
import { Attempts } from "./attempts.ts";
import type { Caller } from "./caller.ts";
import {
  isLoopbackIp,
  isLoopbackName,
  isOwnName,
  type NamedHost,
  parseHost,
} from "./host_header.ts";
import type { Tokens, TokenScope } from "./tokens.ts";

/** Wrong tokens; a person who mistypes one needs fewer. */
const WRONG_TOKENS = { perWindow: 10, windowMs: 60_000, maxSources: 4_096 };
/** Requests without a token where one is needed: a page that is opened makes several at once. */
const NO_TOKENS = { perWindow: 100, windowMs: 60_000, maxSources: 4_096 };

/** What the guard looks at. */
export interface RequestFacts {
  readonly method: string;
  readonly path: string;
  /** Who connected, and the address of ours that was reached; canonical. */
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
}

export class Guard {
  readonly #host: Pick<AdminHost, "settings">;
  readonly #tokens: Tokens;
  readonly #wrong: Attempts;
  readonly #missing: Attempts;

  constructor(host: Pick<AdminHost, "settings" | "clock">, tokens: Tokens) {
    this.#host = host;
    this.#tokens = tokens;
    this.#wrong = new Attempts(host.clock, WRONG_TOKENS);
    this.#missing = new Attempts(host.clock, NO_TOKENS);
  }

  /** Who asks. Throws `Problem`. */
  admit(facts: RequestFacts): Caller {
    const host = this.#hostOf(facts);
    const source = facts.remote;
    const token = presentedToken(facts);
    if (token !== null) return { source, scope: this.#scopeOf(token, facts) };
    if (isTrusted(facts, host)) return { source, scope: "read" };
    if (this.#isPublic(facts)) return { source, scope: "none" };
    const waitS = this.#missing.waitS(source.ip);
    if (waitS > 0) throw tooMany(waitS);
    this.#missing.failed(source.ip);
    throw unauthorized(facts, "Show the token of this relay; its path is in the log.");
  }

  #hostOf({ headers, local }: RequestFacts): NamedHost {
    const host = parseHost(headers.get("host") ?? "");
    if (host === null) throw new Problem("bad_host");
    if (!isOwnName(host, local, this.#host.settings().hosts)) {
      throw new Problem("foreign_host", {
        detail: "Add the name to http_hosts if it is one of this relay.",
      });
    }
    return host;
  }

  #scopeOf(token: PresentedToken, facts: RequestFacts): TokenScope {
    const { ip } = facts.remote;
    const scope = this.#tokens.scopeOf(token.value);
    // Nobody can lock the operator out by guessing from behind the same proxy.
    if (scope !== null) return token.readOnly ? "read" : scope;
    const waitS = this.#wrong.waitS(ip);
    if (waitS > 0) throw tooMany(waitS);
    this.#wrong.failed(ip);
    throw unauthorized(facts, "The token is wrong.");
  }

  #isPublic({ method, path }: RequestFacts): boolean {
    if (path === "/healthz") return true;
    const { metricsPublic, registryPublic } = this.#host.settings();
    return (metricsPublic && path === "/metrics") ||
      (registryPublic && isRegistryRequest(method, path));
  }
}

/** Whether this machine itself asks, by its own name and through nobody. */
function isTrusted({ remote, local, headers }: RequestFacts, host: NamedHost): boolean {
  return isLoopbackIp(remote.ip) && isLoopbackName(host.name) && host.port === local.port &&
    ![...headers.keys()].some(isForwarding);
}

/** Headers of proxies: who really asks is then unknown. */
function isForwarding(name: string): boolean {
  return name === "forwarded" || name.startsWith("x-forwarded") || name === "x-real-ip" ||
    name === "via";
}

interface PresentedToken {
  readonly value: string;
  readonly readOnly: boolean;
}

/**
 * `Bearer`, or `Basic` with the token as password: all a browser can send when it opens a page. As browsers send that by
 * themselves, it gives reading only. Null without such a header; one that cannot be read is a wrong token.
 */
function presentedToken({ headers }: RequestFacts): PresentedToken | null {
  const header = headers.get("authorization");
  if (header === undefined) return null;
  const [, bearer] = /^bearer +(\S+) *$/i.exec(header) ?? [];
  if (bearer !== undefined) return { value: bearer, readOnly: false };
  const [, basic] = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header) ?? [];
  return { value: basic === undefined ? "" : passwordOf(basic), readOnly: true };
}

function passwordOf(basic: string): string {
  try {
    return /^[^:]*:(.*)$/s.exec(atob(basic))?.[1] ?? "";
  } catch {
    return "";
  }
}

/** A browser asks its user for the token where a page is opened, and not where a page asks by script. */
function unauthorized({ headers }: RequestFacts, detail: string): Problem {
  const page = headers.get("sec-fetch-mode") === "navigate" ||
    (!headers.has("sec-fetch-mode") && (headers.get("accept") ?? "").includes("text/html"));
  const challenge = page ? 'Basic realm="wzp-relay", charset="UTF-8"' : 'Bearer realm="wzp-relay"';
  return new Problem("unauthorized", { detail, headers: { "www-authenticate": challenge } });
}

function tooMany(waitS: number): Problem {
  return new Problem("too_many_attempts", {
    detail: `Try again in ${waitS} s.`,
    headers: { "retry-after": String(waitS) },
  });
}
