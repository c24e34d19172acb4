/** Tells other relays about this one and its users, and learns about them: links, time and presence come together here. */
import { formatSocketAddress } from "../../proto/socket_address.ts";
import type { KnownSignal } from "../../proto/signal/mod.ts";
import type { Timer } from "../../quic/clock.ts";
import type { FederationHost } from "../../relay/ports/federation.ts";
import type { PresenceView } from "../../relay/ports/presence.ts";
import type { Link, LinkHandler, RelayKey } from "../link.ts";
import { Seldom } from "../links/seldom.ts";
import { Directory } from "./directory.ts";
import { Mesh } from "./mesh.ts";
import { type OwnFacts, SPACING_MS } from "./own_state.ts";
import { type StateRefusal, Topology } from "./topology.ts";

export interface GossipOptions extends
  Pick<
    FederationHost,
    "clock" | "log" | "build" | "advertised" | "load" | "draining" | "udpPort"
  > {
  readonly self: RelayKey;
  readonly presence: Pick<PresenceView, "registered" | "observe">;
  readonly settings: () => Pick<
    ReturnType<FederationHost["settings"]>,
    "name" | "region" | "maxDirectoryEntries"
  >;
}

const REFUSALS: Record<StateRefusal, string> = {
  malformed: "the state of a relay is not valid, it is ignored",
  future: "the clock of a relay is more than a day ahead of this one's, its state is ignored",
  full: "more relays in the mesh than can be known, one is ignored",
  too_fast: "a relay changes too often, a change is ignored",
};

/** A relay that keeps telling such things is named once in this time for each of them. */
const SAY_AGAIN_MS = 600_000;
const MAX_SAID = 256;

export class Gossip implements LinkHandler {
  readonly mesh: Mesh;
  readonly #options: GossipOptions;
  readonly #topology: Topology;
  readonly #directory: Directory;
  /** Relays that told their state and are reachable; for the log. */
  #members = new Set<RelayKey>();
  #timer: Timer | null = null;
  #endPresence = () => {};

  constructor(options: GossipOptions) {
    this.#options = options;
    const { clock, self, presence, settings } = options;
    const said = new Seldom(clock, SAY_AGAIN_MS, MAX_SAID);
    this.#topology = new Topology({
      clock,
      self,
      facts: () => this.#facts(),
      changed: () => this.#changed(),
      discovered: (relay, from) => this.#directory.discovered(relay, from),
      forgotten: (relay) => this.#directory.forget(relay),
      refused: (reason, relay, from) => {
        if (!said.due(`${reason} ${from.relay}`)) return;
        options.log.warn(REFUSALS[reason], { relay: relay.slice(0, 95), from: from.label });
      },
    });
    this.#directory = new Directory({
      clock,
      self,
      registered: () => presence.registered(),
      most: () => settings().maxDirectoryEntries,
      isKnown: (relay) => this.#topology.facts(relay) !== undefined,
    });
    this.mesh = new Mesh({ clock, self, topology: this.#topology, directory: this.#directory });
  }

  start(): void {
    const { clock, presence } = this.#options;
    this.#directory.own.begin();
    this.#endPresence = presence.observe(this.#directory.own);
    this.#timer = clock.every(SPACING_MS, () => {
      this.#topology.tick();
      this.#directory.tick();
    });
  }

  stop(): void {
    this.#endPresence();
    this.#timer?.cancel();
  }

  up(link: Link): void {
    // The state first: lists of relays that are not known are not taken.
    this.#topology.up(link);
    this.#directory.up(link);
  }

  renewed(link: Link): void {
    this.#topology.renewed(link);
    this.#directory.renewed(link);
  }

  down(link: Link): void {
    this.#directory.down(link);
    this.#topology.down(link);
  }

  /** Whether the message was one of its own. */
  signal(link: Link, message: KnownSignal): boolean {
    if (message.type === "RelayState") this.#topology.signal(link, message);
    else if (message.type === "DirectoryUpdate") this.#directory.signal(link, message);
    else return false;
    return true;
  }

  /** Something of this relay may have changed, as when it begins to drain: others are told at once. */
  refresh(): void {
    this.#topology.refresh();
  }

  #facts(): OwnFacts {
    const { advertised, build, draining, load, settings, udpPort } = this.#options;
    const { name, region } = settings();
    return {
      label: name ?? "",
      region,
      address: formatSocketAddress(advertised),
      build,
      load: Math.min(1, Math.max(0, load() || 0)),
      draining: draining(),
      udpPort: udpPort(),
    };
  }

  #changed(): void {
    const before = this.#members;
    const { log } = this.#options;
    this.#members = new Set();
    for (const [relay, { hops }] of this.#topology.ways()) {
      if (this.#topology.facts(relay) === undefined) continue;
      this.#members.add(relay);
      if (before.delete(relay)) continue;
      log.info("relay joined the mesh", { relay, label: this.mesh.labelOf(relay), hops });
    }
    for (const relay of before) {
      log.info("relay left the mesh", { relay, label: this.mesh.labelOf(relay) });
    }
    this.mesh.changed();
  }
}
