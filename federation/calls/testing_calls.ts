/** Simulated relays whose users call each other; directory and map of the mesh are as right as a test wants them. */
import type { HangupReason, KnownSignal, SignalOf } from "../../proto/signal/mod.ts";
import { silentLog } from "../../relay/ports/log.ts";
import type { CallNews, LocalCalls } from "../../relay/ports/remote_calls.ts";
import { createCounters } from "../../relay/ports/testing_counters.ts";
import type { Link, RelayKey } from "../link.ts";
import { wireRelay } from "../relay_key.ts";
import { type MeshNode, type MeshOptions, type MeshSite, TestingMesh } from "../testing_mesh.ts";
import { type MeshGraph, range } from "../testing_mesh_graph.ts";
import type { CallMesh } from "./call_mesh.ts";
import { FederatedCalls } from "./federated_calls.ts";

export const ID = "18a5f2c3d4e5f607";
export const [ALICE, BOB, CAROL] = ["a", "b", "c"].map((digit) =>
  range(8).map(() => digit.repeat(4)).join(":")
) as [string, string, string];

export function offer(call_id = ID, caller = ALICE, callee = BOB): SignalOf<"DirectCallOffer"> {
  return {
    type: "DirectCallOffer",
    caller_fingerprint: caller,
    caller_alias: "Alice",
    target_fingerprint: callee,
    call_id,
    identity_pub: new Uint8Array(32),
    ephemeral_pub: new Uint8Array(32),
    signature: new Uint8Array(0),
    supported_profiles: [],
    caller_reflexive_addr: "192.0.2.1:40001",
    caller_local_addrs: ["192.168.1.5:40001"],
    caller_build_version: null,
    ext: null,
  };
}

export function answer(
  accept_mode: SignalOf<"DirectCallAnswer">["accept_mode"],
  call_id = ID,
): SignalOf<"DirectCallAnswer"> {
  return {
    type: "DirectCallAnswer",
    call_id,
    accept_mode,
    identity_pub: null,
    ephemeral_pub: null,
    signature: null,
    chosen_profile: null,
    callee_reflexive_addr: "198.51.100.2:40002",
    callee_local_addrs: ["10.0.0.2:40002"],
    callee_build_version: null,
    ext: null,
  };
}

export const ringing = (call_id = ID): SignalOf<"CallRinging"> => ({
  type: "CallRinging",
  call_id,
});
export const hangup = (reason: HangupReason = "Normal", call_id: string | null = ID) =>
  ({ type: "Hangup", reason, call_id }) as const;
export const report = (call_id = ID): SignalOf<"MediaPathReport"> => ({
  type: "MediaPathReport",
  call_id,
  direct_ok: false,
  race_winner: "Relay",
});

/** The calls of one relay without their rules: it takes every call for who is registered, and writes all down. */
export class Phones implements LocalCalls {
  readonly registered = new Set<string>();
  readonly calls = new Set<string>();
  readonly offers: SignalOf<"DirectCallOffer">[] = [];
  /** What the relay was told of its calls, in order. */
  readonly heardAll: (CallNews | { readonly lost: string })[] = [];
  refuses: HangupReason | null = null;
  federation: FederatedCalls | null = null;

  isRegistered(fingerprint: string): boolean {
    return this.registered.has(fingerprint);
  }

  has(callId: string): boolean {
    return this.calls.has(callId);
  }

  offered(offer: SignalOf<"DirectCallOffer">): HangupReason | null {
    if (!this.registered.has(offer.target_fingerprint)) return "Normal";
    if (this.refuses !== null) return this.refuses;
    this.calls.add(offer.call_id);
    this.offers.push(offer);
    this.federation!.tell(offer.call_id, ringing(offer.call_id));
    return null;
  }

  heard(callId: string, news: CallNews): void {
    this.heardAll.push(news);
    if (news.type === "Hangup") this.calls.delete(callId);
  }

  lost(callId: string): void {
    this.heardAll.push({ lost: callId });
    this.calls.delete(callId);
  }

  /** As the switchboard does: the call is open before it is offered. */
  call(message: SignalOf<"DirectCallOffer">): void {
    this.calls.add(message.call_id);
    this.federation!.offer(message);
  }

  say(news: CallNews, callId = news.call_id ?? ID): boolean {
    if (news.type === "Hangup") this.calls.delete(callId);
    return this.federation!.tell(callId, news);
  }

  take(): (CallNews | { readonly lost: string })[] {
    return this.heardAll.splice(0);
  }

  /** Only the kinds of what was heard. */
  kinds(): string[] {
    return this.take().map((news) => "lost" in news ? "lost" : news.type);
  }
}

const SOMEBODY = {
  id: 1,
  session: "s1",
  room: "",
  fingerprint: "",
  alias: null,
  address: "192.0.2.1:1",
};

/** What a test may do in place of a relay of ours. */
export type Stand = (link: Link, message: KnownSignal) => void;

export class CallNode implements MeshNode {
  readonly phones = new Phones();
  readonly counters = createCounters();
  readonly links = new Map<RelayKey, Link>();
  readonly calls: FederatedCalls;
  /** Over which relays accepted calls go here, and which have ended. */
  readonly routes = new Map<string, readonly RelayKey[]>();
  /** Every forward that came. */
  readonly got: SignalOf<"FederatedSignalForward">[] = [];
  draining = false;
  /** Who may not join a room here as a guest, and whether anybody is in the rooms of calls. */
  readonly denied = new Set<string>();
  occupied = false;
  /** Takes the messages instead of the relay. */
  stand: Stand | null = null;
  readonly #rig: CallsRig;

  constructor(site: MeshSite, rig: CallsRig, local?: LocalCalls) {
    this.#rig = rig;
    this.calls = new FederatedCalls({
      clock: site.clock,
      log: silentLog,
      counters: this.counters,
      own: site.key,
      advertised: { ip: `10.0.0.${site.index + 1}`, port: 4433 },
      local: local ?? this.phones,
      draining: () => this.draining,
      load: () => 0,
      mayVisit: (fingerprint) => !this.denied.has(fingerprint),
      rooms: { participants: () => this.occupied ? [SOMEBODY] : [] },
      mesh: rig.mapFor(site.index),
      links: {
        links: () => this.links.values(),
        find: (relay) => this.links.get(relay) ?? null,
      },
    });
    this.phones.federation = this.calls;
    this.calls.watch({
      changed: ({ callId, neighbours }) => this.routes.set(callId, neighbours),
      closed: (callId) => this.routes.delete(callId),
    });
  }

  up(link: Link): void {
    this.links.set(link.relay, link);
    this.calls.up(link);
    this.#rig.changed();
  }

  renewed(link: Link): void {
    this.calls.renewed(link);
    this.#rig.changed();
  }

  down(link: Link): void {
    this.links.delete(link.relay);
    this.calls.down(link);
    this.#rig.changed();
  }

  signal(link: Link, message: KnownSignal): void {
    if (message.type === "FederatedSignalForward") this.got.push(message);
    if (this.stand !== null) this.stand(link, message);
    else this.calls.signal(link, message);
  }

  stop(): void {
    this.calls.stop();
    this.#rig.changed();
  }
}

/** A mesh of relays; users are registered by number of relay. */
export class CallsRig {
  readonly mesh: TestingMesh<CallNode>;
  /** Who is where, as the directories know. */
  readonly directory = new Map<string, number[]>();
  readonly #listeners = new Map<number, () => void>();

  constructor(
    relays: number,
    links: MeshGraph,
    more: Partial<
      Pick<MeshOptions<CallNode>, "legacy" | "seed" | "maxDelayMs" | "maxRedialMs" | "can">
    > = {},
    /** The calls of a relay, in place of its phones. */
    local: (index: number) => LocalCalls | undefined = () => undefined,
  ) {
    this.mesh = new TestingMesh<CallNode>({
      relays,
      links,
      seed: 1,
      maxDelayMs: 20,
      maxRedialMs: 0,
      maxNoticeMs: 0,
      ...more,
      create: (site) => new CallNode(site, this, local(site.index)),
    });
    this.run(500);
  }

  /** Lets time pass; longer than any way through the mesh by default. */
  run(ms = 400): this {
    this.mesh.run(ms);
    return this;
  }

  node(index: number): CallNode {
    return this.mesh.node(index)!;
  }

  phones(index: number): Phones {
    return this.node(index).phones;
  }

  key(index: number): RelayKey {
    return this.mesh.keys[index]!;
  }

  link(from: number, to: number): Link {
    return this.mesh.link(from, to)!;
  }

  /** Somebody is registered, and unless `secretly` all directories say so. */
  register(fingerprint: string, index: number, secretly = false): void {
    this.phones(index).registered.add(fingerprint);
    if (secretly) return;
    this.directory.set(fingerprint, [...this.directory.get(fingerprint) ?? [], index]);
  }

  /** A forward as another relay would send it. */
  forward(
    inner: KnownSignal,
    path: readonly number[],
    target: number | null = null,
    ttl = 9 - path.length,
  ): SignalOf<"FederatedSignalForward"> {
    return {
      type: "FederatedSignalForward",
      inner,
      origin_relay_fp: wireRelay(this.key(path[0]!)),
      ext: {
        v: 1,
        caps: [],
        ttl,
        path: path.map((index) => wireRelay(this.key(index))),
        target_relay: target === null ? null : wireRelay(this.key(target)),
      },
    };
  }

  /** Ways that relays remember. */
  ways(): number[] {
    return this.mesh.running().map(({ node }) => node.counters.federationCallWays);
  }

  changed(): void {
    for (const listener of [...this.#listeners.values()]) listener();
  }

  /** The mesh as one relay sees it. */
  mapFor(own: number): CallMesh {
    const indexOf = (relay: RelayKey) => this.mesh.keys.indexOf(relay);
    const path = (relay: RelayKey) => this.#path(own, indexOf(relay));
    return {
      relaysOf: (fingerprint) => {
        const at = this.directory.get(fingerprint) ?? [];
        return at.filter((index) => index !== own && this.#path(own, index) !== null)
          .map((index) => this.key(index));
      },
      path: (relay) => path(relay)?.map((index) => this.key(index)) ?? null,
      nextHop: (relay) => {
        const first = path(relay)?.[0];
        return first === undefined ? null : this.mesh.link(own, first);
      },
      linked: (a, b) => this.mesh.linked(indexOf(a), indexOf(b)),
      relayAt: (address) =>
        this.mesh.keys.find((_, i) => address === `10.0.0.${i + 1}:4433`) ?? null,
      labelOf: (relay) => `relay-${indexOf(relay)}`,
      takesClients: (relay) => relay === this.key(own) || path(relay) !== null,
      rttTo: () => null,
      addressOf: (relay) => `10.0.0.${indexOf(relay) + 1}:4433`,
      onChange: (listener) => {
        this.#listeners.set(own, listener);
        return () => {
          if (this.#listeners.get(own) === listener) this.#listeners.delete(own);
        };
      },
    };
  }

  /** The shortest way over links of ours; of equal ones always the same. */
  #path(from: number, to: number): number[] | null {
    const before = new Map<number, number>([[from, -1]]);
    for (const at of before.keys()) {
      for (const next of range(this.mesh.size)) {
        if (before.has(next) || !this.mesh.linked(at, next)) continue;
        if (this.mesh.link(at, next)?.legacy) continue;
        before.set(next, at);
      }
    }
    if (!before.has(to) || from === to) return null;
    const path = [to];
    while (before.get(path[0]!) !== from) path.unshift(before.get(path[0]!)!);
    return path;
  }
}
