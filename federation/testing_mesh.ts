/**
 * A network of simulated relays for tests of what works on links: no sockets, time by hand, chance by a seed. Messages
 * of a connection arrive in order; a dead one is noticed by each end at a time of its own; nothing sent on an old
 * connection arrives on a new one; links come back by themselves unless they are blocked.
 */
import type { Capability, KnownSignal } from "../proto/signal/mod.ts";
import type { Clock, Timer } from "../quic/clock.ts";
import { ManualClock } from "../quic/manual_clock.ts";
import type { Link, LinkHandler, RelayKey } from "./link.ts";
import { type MeshGraph, type MeshStep, range, seeded } from "./testing_mesh_graph.ts";
import { TestingLink, TestingWire } from "./testing_mesh_link.ts";

/** A relay as far as a test is concerned. */
export interface MeshNode extends LinkHandler {
  signal(link: Link, message: KnownSignal): void;
  datagram?(link: Link, bytes: Uint8Array): void;
  /** Its process ends; its timers end by themselves. */
  stop?(): void;
}

/** What a node is made of. */
export interface MeshSite {
  readonly index: number;
  readonly key: RelayKey;
  /** Every start is another life with another instance; the first is 1. */
  readonly life: number;
  /** Its timers end with this life; its wall clock may be wrong. */
  readonly clock: Clock;
  readonly random: () => number;
}

export interface MeshOptions<N extends MeshNode> {
  readonly relays: number;
  /** Pairs that link whenever they can. */
  readonly links: MeshGraph;
  readonly seed: number;
  readonly create: (site: MeshSite) => N;
  /** Longest way of a message. Default 80. */
  readonly maxDelayMs?: number;
  /** Longest time until an end knows that its connection is dead. Default 4,000. */
  readonly maxNoticeMs?: number;
  /** Longest wait before an end that knows dials again. Default 2,000. */
  readonly maxRedialMs?: number;
  /** Whether a link is of the original kind. Default none. */
  readonly legacy?: (a: number, b: number) => boolean;
  /** Default everything. */
  readonly can?: (a: number, b: number, capability: Capability) => boolean;
}

interface Life<N> {
  readonly node: N;
  readonly life: number;
  readonly timers: Set<Timer>;
  /** By the other relay's number: the link as this relay knows it, also while it does not know yet that it is dead. */
  readonly links: Map<number, { readonly link: TestingLink; readonly peerLife: number }>;
}

interface Pair {
  readonly a: number;
  readonly b: number;
  blocked: boolean;
  wire: TestingWire | null;
  redial: Timer | null;
}

export class TestingMesh<N extends MeshNode> {
  readonly clock = new ManualClock();
  readonly keys: readonly RelayKey[];
  readonly random: () => number;
  /** Messages given to links so far, by type. */
  readonly sent = new Map<string, number>();
  readonly #options: Required<MeshOptions<N>>;
  readonly #lives: (Life<N> | null)[];
  readonly #started: number[];
  readonly #pairs: Pair[];

  /** Every relay is started, and the links come up while time passes. */
  constructor(options: MeshOptions<N>) {
    this.#options = {
      maxDelayMs: 80,
      maxNoticeMs: 4_000,
      maxRedialMs: 2_000,
      legacy: () => false,
      can: () => true,
      ...options,
    };
    this.random = seeded(options.seed);
    this.keys = range(options.relays).map(() =>
      range(32).map(() => this.#upTo(255).toString(16).padStart(2, "0")).join("")
    );
    this.#lives = range(options.relays).map(() => null);
    this.#started = range(options.relays).map(() => 0);
    this.#pairs = options.links.map(([a, b]) => ({
      a,
      b,
      blocked: false,
      wire: null,
      redial: null,
    }));
    for (const index of range(options.relays)) this.start(index);
  }

  get size(): number {
    return this.#lives.length;
  }

  /** Null while it is stopped. */
  node(index: number): N | null {
    return this.#lives[index]?.node ?? null;
  }

  /** Those that run, with their numbers. */
  running(): { readonly index: number; readonly node: N }[] {
    return this.#lives.flatMap((life, index) => life === null ? [] : [{ index, node: life.node }]);
  }

  /** The link as one of its ends has it; null when that end has none. */
  link(from: number, to: number): TestingLink | null {
    return this.#lives[from]?.links.get(to)?.link ?? null;
  }

  /** Whether the two have a connection that works now. */
  linked(a: number, b: number): boolean {
    return this.#pair(a, b)?.wire?.alive ?? false;
  }

  /** By the connections that work now, itself too. */
  reachable(from: number): Set<number> {
    const found = new Set([from]);
    for (const at of found) {
      for (const to of range(this.size)) if (this.linked(at, to)) found.add(to);
    }
    return found;
  }

  /** Messages sent so far. */
  get messages(): number {
    return [...this.sent.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Lets time pass; answers how many messages were sent meanwhile. */
  run(ms: number): number {
    const before = this.messages;
    this.clock.advance(ms);
    return this.messages - before;
  }

  /** Kills the connection between two, once. */
  cut(a: number, b: number): void {
    const pair = this.#pair(a, b);
    if (pair !== null) this.#kill(pair);
  }

  /** Kills it and lets none come up until it is unblocked. */
  block(a: number, b: number, blocked = true): void {
    const pair = this.#pair(a, b);
    if (pair === null) return;
    pair.blocked = blocked;
    if (blocked) this.#kill(pair);
    else this.#redialSoon(pair);
  }

  /** Blocks everything between the relays given and the others. */
  partition(side: Iterable<number>): void {
    const inside = new Set(side);
    for (const { a, b } of this.#pairs) if (inside.has(a) !== inside.has(b)) this.block(a, b);
  }

  /** Unblocks everything and starts whoever is stopped. */
  heal(): void {
    for (const { a, b } of this.#pairs) this.block(a, b, false);
    for (const index of range(this.size)) this.start(index);
  }

  /** Ends a relay as a crash does: it tells nobody. */
  stop(index: number): void {
    const life = this.#lives[index] ?? null;
    if (life === null) return;
    this.#lives[index] = null;
    for (const timer of life.timers) timer.cancel();
    for (const { link } of life.links.values()) link.wire = null;
    life.node.stop?.();
    for (const pair of this.#pairs) if (pair.a === index || pair.b === index) this.#kill(pair);
  }

  /** Starts a stopped relay as a new one, with a wall clock that is this much ahead. */
  start(index: number, wallOffsetMs = 0): void {
    if (this.#lives[index] !== null) return;
    const life = this.#started[index]! += 1;
    const timers = new Set<Timer>();
    const clock = this.#clockOf(timers, wallOffsetMs);
    const site = { index, key: this.keys[index]!, life, clock, random: this.random };
    this.#lives[index] = { node: this.#options.create(site), life, timers, links: new Map() };
    for (const pair of this.#pairs) {
      if (pair.a === index || pair.b === index) this.#redialSoon(pair);
    }
  }

  restart(index: number, wallOffsetMs = 0): void {
    this.stop(index);
    this.start(index, wallOffsetMs);
  }

  apply(step: MeshStep): void {
    const pair = "link" in step ? this.#pairs[step.link % Math.max(1, this.#pairs.length)] : null;
    if (step.do === "run") this.run(step.ms);
    else if (step.do === "heal") this.heal();
    else if (step.do === "partition") {
      this.partition(range(this.size).filter((index) => (step.sides >> index & 1) === 1));
    } else if (step.do === "stop") this.stop(step.relay % this.size);
    else if (step.do === "start") this.start(step.relay % this.size);
    else if (step.do === "restart") this.restart(step.relay % this.size, step.wallOffsetMs);
    else if (pair && step.do === "cut") this.cut(pair.a, pair.b);
    else if (pair && step.do === "renew") this.renew(pair.a, pair.b);
    else if (pair) this.block(pair.a, pair.b, step.do === "block");
  }

  /** Tells both ends of a working link that it goes on over another connection; what is on its way is lost. */
  renew(a: number, b: number): void {
    const pair = this.#pair(a, b);
    if (!pair?.wire?.alive) return;
    pair.wire.end();
    this.#connect(pair);
  }

  #pair(a: number, b: number): Pair | null {
    return this.#pairs.find((it) => (it.a === a && it.b === b) || (it.a === b && it.b === a)) ??
      null;
  }

  #upTo(most: number): number {
    return Math.floor(this.random() * (most + 1));
  }

  #clockOf(timers: Set<Timer>, wallOffsetMs: number): Clock {
    const keep = (timer: Timer) => {
      timers.add(timer);
      return timer;
    };
    return {
      now: () => this.clock.now(),
      wall: () => this.clock.wall() + wallOffsetMs,
      after: (ms, run) => {
        const timer = keep(this.clock.after(ms, () => {
          timers.delete(timer);
          run();
        }));
        return timer;
      },
      every: (ms, run) => keep(this.clock.every(ms, run)),
    };
  }

  #redialSoon(pair: Pair): void {
    if (pair.blocked || pair.redial !== null || pair.wire?.alive) return;
    pair.redial = this.clock.after(this.#upTo(this.#options.maxRedialMs), () => {
      pair.redial = null;
      if (!pair.blocked && !pair.wire?.alive) this.#connect(pair);
    });
  }

  #kill(pair: Pair): void {
    const { wire } = pair;
    if (wire === null || !wire.alive) return;
    wire.end();
    for (const [from, to] of [[pair.a, pair.b], [pair.b, pair.a]] as const) {
      const life = this.#lives[from] ?? null;
      if (life === null) continue;
      this.clock.after(this.#upTo(this.#options.maxNoticeMs), () => {
        if (this.#lives[from] !== life) return;
        // It may have been about to move to this connection, and be on an older one.
        if (life.links.get(to)?.link.wire?.alive === false) this.#down(life, to);
        this.#redialSoon(pair);
      });
    }
  }

  #down(life: Life<N>, to: number): void {
    const { link } = life.links.get(to)!;
    life.links.delete(to);
    link.wire = null;
    life.node.down?.(link);
  }

  #connect(pair: Pair): void {
    const { a, b } = pair;
    const lives = [this.#lives[a] ?? null, this.#lives[b] ?? null] as const;
    if (lives[0] === null || lives[1] === null) return;
    const { maxDelayMs } = this.#options;
    const end = (relay: number) => ({
      relay: this.keys[relay]!,
      knowsInMs: this.#upTo(maxDelayMs),
    });
    const ends = [end(a), end(b)] as const;
    const wire = new TestingWire({
      clock: this.clock,
      random: this.random,
      maxDelayMs,
      ends,
      count: (type) => this.sent.set(type, (this.sent.get(type) ?? 0) + 1),
      take: (to, message) =>
        this.#take(pair, wire, to, (life, link) => {
          life.node.signal(link, message);
        }),
      takeDatagram: (to, bytes) =>
        this.#take(pair, wire, to, (life, link) => {
          life.node.datagram?.(link, bytes);
        }),
      close: () => this.#kill(pair),
    });
    pair.wire = wire;
    this.clock.after(ends[0].knowsInMs, () => this.#raise(wire, a, b, lives[0]!, lives[1]!));
    this.clock.after(ends[1].knowsInMs, () => this.#raise(wire, b, a, lives[1]!, lives[0]!));
  }

  /** One end learns of the connection. */
  #raise(wire: TestingWire, from: number, to: number, life: Life<N>, peer: Life<N>): void {
    if (this.#lives[from] !== life || !wire.alive) return;
    const present = life.links.get(to);
    if (present?.peerLife === peer.life) {
      present.link.wire = wire;
      life.node.renewed?.(present.link);
      return;
    }
    if (present !== undefined) this.#down(life, to);
    const link = this.#newLink(wire, from, to, peer.life);
    life.links.set(to, { link, peerLife: peer.life });
    life.node.up?.(link);
  }

  #newLink(wire: TestingWire, from: number, to: number, peerLife: number): TestingLink {
    const { legacy, can } = this.#options;
    const address = { ip: `10.0.0.${to + 1}`, port: 4433 };
    return new TestingLink({
      relay: this.keys[to]!,
      label: `relay-${to}`,
      legacy: legacy(from, to),
      dialled: this.keys[from]! < this.keys[to]!,
      remoteAddress: address,
      about: {
        name: `relay-${to}`,
        region: null,
        advertisedAddress: address,
        build: "test",
        instance: String(peerLife),
      },
      since: this.clock.now(),
      can: (capability) => can(from, to, capability),
    }, wire);
  }

  /** Hands something to the end it goes to, if that end is there and uses this connection. */
  #take(
    { a, b }: Pair,
    wire: TestingWire,
    to: RelayKey,
    take: (life: Life<N>, link: TestingLink) => void,
  ): void {
    const [here, there] = to === this.keys[a] ? [a, b] : [b, a];
    const life = this.#lives[here] ?? null;
    const link = life?.links.get(there)?.link;
    if (life !== null && link?.wire === wire) take(life, link);
  }
}
