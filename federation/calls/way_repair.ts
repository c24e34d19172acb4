/**
 * Keeps accepted calls going when a link on their way fails: the relay of the caller sends them another way, and the
 * two relays make sure that both still have the call. Without a way for 5 s the call is over.
 *
 * The message is a CallSetup between the two relays. From the caller's it says "the way goes along here now", which the
 * callee's confirms along that way with a CallRinging; from the callee's it says "please say so". A relay that does not
 * have the call any more answers either with a Hangup.
 */
import type { SignalOf } from "../../proto/signal/mod.ts";
import { callRoomName } from "../../proto/room_name.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import type { Link, RelayKey } from "../link.ts";
import type { CallLinks, CallMesh } from "./call_mesh.ts";
import type { CallWays, Way } from "./call_ways.ts";
import { type Envelope, newEnvelope, passedOn } from "./envelope.ts";

/** How long both parties may wait for a way before they are told that the call is over. */
const BROKEN_MS = 5_000;
/** How long a relay in between remembers a way that has lost a link; both ends have found another one by then. */
const FORGET_MS = 30_000;
/** Changes of the mesh come in swarms. */
const GATHER_MS = 50;
/** While the way is broken and the mesh is quiet; a message may have been lost with a link. */
const RETRY_MS = 1_000;

export interface WayRepairOptions {
  readonly clock: Clock;
  readonly own: RelayKey;
  readonly mesh: CallMesh;
  readonly links: CallLinks;
  readonly ways: CallWays;
  /** Whether a call with this id is at this relay, for whatever parties. */
  readonly has: (callId: string) => boolean;
  readonly send: (link: Link, envelope: Envelope) => void;
  readonly changed: (way: Way) => void;
  readonly lost: (way: Way) => void;
}

export class WayRepair {
  readonly #options: WayRepairOptions;
  /** Ways over which something may have been lost, so that the other relay is to be asked. */
  readonly #suspects = new Set<Way>();
  /** Ways on which a link has failed that is not made up for yet. */
  readonly #cut = new WeakSet<Way>();
  /** Ways whose other relay does not know them any more; they only wait for their time to run out. */
  readonly #denied = new WeakSet<Way>();
  readonly #unwatch: () => void;
  #timer: Timer | null = null;
  #due = Infinity;
  #stopped = false;

  constructor(options: WayRepairOptions) {
    this.#options = options;
    this.#unwatch = options.mesh.onChange(() => {
      // What is broken now may be mended when it is looked at, and may have lost the call.
      for (const way of options.ways.all()) {
        if (way.state !== "active" || this.#isIntact(way)) continue;
        this.#suspects.add(way);
        this.#cut.add(way);
      }
      this.#checkIn(GATHER_MS);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#unwatch();
    this.#timer?.cancel();
  }

  /** A link to this neighbour has come, lost something or, with `gone`, failed. */
  suspect(relay: RelayKey, gone = false): void {
    for (const way of this.#options.ways.over(relay)) {
      if (way.state !== "active") continue;
      this.#suspects.add(way);
      if (gone) this.#cut.add(way);
    }
    if (this.#suspects.size > 0) this.#checkIn(GATHER_MS);
  }

  /** A message of another relay that repairs. False when this relay does not have that call. */
  received(link: Link, envelope: Envelope, { call_id }: SignalOf<"CallSetup">): boolean {
    const { ways, own } = this.#options;
    const way = ways.get(call_id);
    if (envelope.target !== own) return this.#passThrough(link, envelope, call_id, way);
    if (way === null || way.state !== "active" || peerOf(way) !== envelope.origin) return false;
    if (way.back === null) {
      this.#suspects.add(way);
      this.#checkIn(0);
      return true;
    }
    way.back = link.relay;
    way.path = [...envelope.path, own];
    this.#holds(way);
    const ringing = { type: "CallRinging", call_id } as const;
    this.#options.send(link, newEnvelope(ringing, own, envelope.origin));
    return true;
  }

  /**
   * After a link had failed the other relay answers that it does not have the call: it has begun anew. Its party may
   * come to this relay, for which it has the time it would have if that relay were still gone. Whether the way waits
   * for that.
   */
  denied(way: Way): boolean {
    if (!isEnd(way) || way.brokenSince === null || !this.#cut.has(way)) return false;
    this.#denied.add(way);
    return true;
  }

  /** The relay of the callee says that the way goes where it was sent. */
  confirmed(way: Way): void {
    if (way.brokenSince !== null) this.#holds(way);
  }

  #passThrough(link: Link, envelope: Envelope, id: string, present: Way | null): boolean {
    const { mesh, own, ways, has, changed } = this.#options;
    const { origin, target, path } = envelope;
    const next = target === null ? null : mesh.nextHop(target);
    const further = passedOn(envelope, own);
    if (next === null || next === link || next.legacy || path.includes(next.relay)) return true;
    if (further === null || callRoomName(id) === null) return true;
    const isIts = present?.state === "active" && !isEnd(present) &&
      [present.origin, present.target].every((end) => end === origin || end === target);
    if (present === null ? has(id) || !ways.hasRoom(link.relay, path.at(-2) ?? null) : !isIts) {
      return true;
    }
    const way = present ?? ways.open({
      id,
      caller: null,
      callee: null,
      origin,
      target,
      back: link.relay,
      behind: path.at(-2) ?? null,
      state: "active",
    });
    // Whichever end it came from now stands for the caller's.
    way.origin = origin;
    way.target = target;
    way.back = link.relay;
    way.asked = [next.relay];
    changed(way);
    this.#options.send(next, further);
    return true;
  }

  #checkIn(ms: number): void {
    const { clock } = this.#options;
    const due = clock.now() + ms;
    if (due >= this.#due || this.#stopped) return;
    this.#timer?.cancel();
    this.#due = due;
    this.#timer = clock.after(ms, () => {
      this.#due = Infinity;
      this.#check();
    });
  }

  #check(): void {
    const now = this.#options.clock.now();
    for (const way of [...this.#options.ways.all()]) {
      if (way.state !== "active") continue;
      const intact = this.#isIntact(way);
      if (intact && !this.#suspects.has(way) && way.brokenSince === null) continue;
      way.brokenSince ??= now;
      const end = isEnd(way);
      const denied = this.#denied.has(way);
      const mendable = end && !this.#isLegacy(way) && !denied;
      const left = way.brokenSince + (end ? BROKEN_MS : FORGET_MS) - now;
      if (intact && !mendable && !denied) this.#holds(way);
      else if (left <= 0) this.#options.lost(way);
      else {
        if (mendable) this.#mend(way);
        this.#checkIn(end ? Math.min(RETRY_MS, left) : left);
      }
    }
    // Those that are left have been closed meanwhile.
    this.#suspects.clear();
  }

  /** Sends the call the way there is now, or asks the caller's relay to. */
  #mend(way: Way): void {
    const { mesh, own, send } = this.#options;
    const peer = peerOf(way);
    const next = peer === null ? null : mesh.nextHop(peer);
    if (peer === null || next === null) return;
    const setup: SignalOf<"CallSetup"> = {
      type: "CallSetup",
      call_id: way.id,
      room: callRoomName(way.id) ?? "",
      relay_addr: "",
      peer_direct_addr: null,
      peer_local_addrs: [],
      ext: null,
    };
    if (way.back === null) {
      way.path = [own, ...mesh.path(peer) ?? [peer]];
      const moves = way.asked[0] !== next.relay;
      way.asked = [next.relay];
      if (moves) this.#options.changed(way);
    }
    send(next, newEnvelope(setup, own, peer));
  }

  #holds(way: Way): void {
    this.#suspects.delete(way);
    this.#cut.delete(way);
    this.#denied.delete(way);
    way.brokenSince = null;
    this.#options.changed(way);
  }

  /** Whether all links of its way are there, as far as the mesh tells. */
  #isIntact(way: Way): boolean {
    const { own, mesh, links } = this.#options;
    const neighbours = way.back === null ? way.asked : [way.back, ...way.asked];
    if (neighbours.some((relay) => links.find(relay) === null)) return false;
    return way.path.every((relay, at) => {
      const next = way.path[at + 1];
      if (next === undefined || relay === own || next === own) return true;
      return mesh.linked(relay, next);
    });
  }

  #isLegacy(way: Way): boolean {
    const neighbour = way.back ?? way.asked[0];
    return neighbour === peerOf(way) && neighbour !== undefined &&
      (this.#options.links.find(neighbour)?.legacy ?? false);
  }
}

function isEnd({ back, calleeHere }: Way): boolean {
  return back === null || calleeHere;
}

function peerOf({ back, origin, target }: Way): RelayKey | null {
  return back === null ? target : origin;
}
