/** The relay in the thread of HTTP: what was fetched of it is read here, everything else is asked. */
import type { AdminSettings } from "../../relay/ports/admin.ts";
import type { Clock } from "../../relay/ports/clock.ts";
import { randomBytes } from "node:crypto";
import type { Fields, Level, Log } from "../../relay/ports/log.ts";
import type { PresencePeer } from "../../relay/ports/presence.ts";
import type { Part, SiteHost, SiteOperations } from "../site_host.ts";
import type { FixedFacts, FromDesk, FromHttp } from "./messages.ts";
import { MirroredMetrics } from "./mirrored_metrics.ts";
import { MirroredPart } from "./mirrored_part.ts";
import { type Ask, MirroredTap } from "./mirrored_tap.ts";
import { MirroredTail } from "./mirrored_tail.ts";
import type { PartRow } from "./parts.ts";
import {
  OPERATIONS,
  type QuestionName,
  REGISTRY_ORDERS,
  REGISTRY_READINGS,
  type RegistryOrders,
  type RegistryReadings,
} from "./questions.ts";

/** What a registry is told waits so long for more: a flood of it costs the relay's thread as much as a few. */
const GATHER_MS = 25;

/** As many as the relay keeps itself. */
const RECORDS = 1_000;

type Parts = { readonly [Name in Part]: MirroredPart<PartRow<Name>> };
type Views = { [Name in Part]: readonly PartRow<Name>[] };

export interface MirrorParts {
  readonly clock: Clock;
  readonly facts: FixedFacts;
  readonly settings: () => AdminSettings;
  readonly post: (message: FromHttp) => void;
}

export class Mirror {
  readonly host: SiteHost;
  readonly #post: (message: FromHttp) => void;
  readonly #parts: Parts;
  readonly #views: Partial<Views> = {};
  readonly #metrics = new MirroredMetrics();
  readonly #logTail = new MirroredTail<PartRow<"log">>(RECORDS);
  readonly #eventTail = new MirroredTail<PartRow<"events">>(RECORDS);
  #places = new Map<string, string>();
  #wanted = new Set<Part>();
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;

  constructor(parts: MirrorParts) {
    this.#post = parts.post;
    this.#parts = this.#newParts();
    this.host = this.#newHost(parts);
  }

  /** What the relay's thread said. */
  take(answer: FromDesk): void {
    if (answer.kind === "pieces") {
      for (const { part, rows, last } of answer.pieces) {
        (this.#parts[part] as MirroredPart<unknown>).arrived(rows, last);
      }
      return;
    }
    const asked = this.#asked.get(answer.id);
    this.#asked.delete(answer.id);
    if (answer.kind === "answer") asked?.resolve(answer.value);
    else asked?.reject(new Error(answer.message));
  }

  readonly #ask = ((what, ...args) => {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#asked.set(id, answer);
    this.#post({ kind: "ask", id, what, args } as FromHttp);
    return answer.promise;
  }) as Ask;

  /** Parts that are wanted in the same moment are asked for together. */
  #fetch(part: Part): void {
    this.#wanted.add(part);
    if (this.#wanted.size > 1) return;
    queueMicrotask(() => {
      const parts = [...this.#wanted].map((part) => ({ part, after: this.#after(part) }));
      this.#wanted.clear();
      this.#post({ kind: "read", parts });
    });
  }

  #after(part: Part): number {
    return part === "log" ? this.#logTail.last : part === "events" ? this.#eventTail.last : 0;
  }

  #newParts(): Parts {
    const part = <Name extends Part>(
      name: Name,
      take: (rows: readonly PartRow<Name>[]) => void = (rows) => {
        (this.#views as Record<Part, unknown>)[name] = rows;
      },
    ) => new MirroredPart<PartRow<Name>>(() => this.#fetch(name), take);
    return {
      state: part("state"),
      metrics: part("metrics", (rows) => this.#metrics.take(rows)),
      sessionMetrics: part("sessionMetrics", (rows) => this.#metrics.take(rows)),
      rooms: part("rooms"),
      sessions: part("sessions"),
      calls: part("calls"),
      links: part("links"),
      mesh: part("mesh"),
      directory: part("directory"),
      presence: part("presence", (rows) => this.#places = new Map(pairs(rows))),
      peers: part("peers"),
      probes: part("probes"),
      log: part("log", (rows) => this.#logTail.take(rows)),
      events: part("events", (rows) => this.#eventTail.take(rows)),
      config: part("config"),
      registration: part("registration"),
      registry: part("registry"),
      udpRelay: part("udpRelay"),
      process: part("process"),
    };
  }

  /** What was fetched; to read before that is a fault of ours. */
  #view<Name extends Part>(name: Name): Views[Name] {
    const rows = this.#views[name];
    if (rows === undefined) throw new TypeError(`${name} is read before it was fetched`);
    return rows;
  }

  #newHost({ clock, facts, settings, post }: MirrorParts): SiteHost {
    const { isRegistry, ...fixed } = facts;
    const one = <Name extends Part>(name: Name) => () => this.#view(name)[0]!;
    const all = <Name extends Part>(name: Name) => () => this.#view(name);
    const fresh = (...parts: readonly Part[]) =>
      Promise.all(parts.map((part) => this.#parts[part].fresh())).then(() => {});
    return {
      ...fixed,
      clock,
      settings,
      log: logInto(post),
      audit: (message, fields) => post({ kind: "audit", message, fields }),
      fault: (error) =>
        post({ kind: "fault", error: error instanceof Error ? error : new Error(String(error)) }),
      random: (bytes) => randomBytes(bytes),
      fresh,
      everyFresh: (ms, parts, run) => clock.every(ms, () => void fresh(...parts).then(run)),
      state: one("state"),
      metrics: () => this.#metrics.all(),
      process: one("process"),
      rooms: () =>
        this.#view("rooms").map(({ sessions, ...room }) => ({
          ...room,
          participants: sessions.map((session) => ({ session })),
        })),
      sessions: all("sessions"),
      calls: all("calls"),
      presence: {
        fingerprints: () => this.#places.keys(),
        find: (fingerprint) => {
          const relay = this.#places.get(fingerprint);
          if (relay === undefined) return null;
          return relay === "" ? { at: "local" } : { at: "remote", relay };
        },
        peers: () => wholePeers(this.#view("peers")),
      },
      locate: (fingerprint) => this.#ask("locate", fingerprint),
      route: (fingerprint) => this.#ask("route", fingerprint),
      federation: {
        links: all("links"),
        mesh: all("mesh"),
        directory: () =>
          pairs(this.#view("directory")).map(([fingerprint, relay]) => ({ fingerprint, relay })),
      },
      probes: all("probes"),
      tap: new MirroredTap(this.#ask),
      logTail: this.#logTail,
      eventTail: this.#eventTail,
      configText: () => one("config")().text,
      invitation: () => one("config")().invitation,
      registry: isRegistry
        ? {
          ...asking(this.#ask, REGISTRY_READINGS) as RegistryReadings,
          ...asking(gathered(this.#ask, clock), REGISTRY_ORDERS) as RegistryOrders,
          stats: () => one("registry")()!,
        }
        : null,
      registration: one("registration"),
      udpRelay: one("udpRelay"),
      operations: asking(this.#ask, OPERATIONS) as SiteOperations,
    };
  }
}

function* pairs(flat: readonly string[]): Generator<readonly [string, string]> {
  for (let at = 0; at < flat.length; at += 2) yield [flat[at]!, flat[at + 1]!];
}

/** A peer with many names comes in several rows. */
function wholePeers(rows: readonly PresencePeer[]): PresencePeer[] {
  const peers: PresencePeer[] = [];
  for (const row of rows) {
    const before = peers.at(-1);
    if (before?.address !== row.address) peers.push(row);
    else {
      const fingerprints = [...before.fingerprints, ...row.fingerprints];
      peers[peers.length - 1] = { ...before, fingerprints };
    }
  }
  return peers;
}

/** Asks together what is asked within a short time. */
function gathered(ask: Ask, clock: Clock): Ask {
  let waiting: (() => void)[] = [];
  return ((what, ...args) =>
    new Promise((resolve) => {
      if (waiting.push(() => resolve(ask(what, ...args))) > 1) return;
      clock.after(GATHER_MS, () => {
        const questions = waiting;
        waiting = [];
        for (const put of questions) put();
      });
    })) as Ask;
}

/** For each name a function that asks the relay's thread. */
function asking(ask: Ask, names: readonly QuestionName[]): Record<string, unknown> {
  const loosely = ask as (what: QuestionName, ...args: readonly unknown[]) => Promise<unknown>;
  return Object.fromEntries(
    names.map((name) => [name, (...args: readonly unknown[]) => loosely(name, ...args)]),
  );
}

function logInto(post: (message: FromHttp) => void): Log {
  const at = (level: Level) => (message: string, fields: Fields = {}) =>
    post({ kind: "log", level, message, fields });
  const log: Log = {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    area: () => log,
    enabled: () => true,
  };
  return log;
}
