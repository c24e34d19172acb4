/** A simulated relay that gossips, with users who register by a test's word. */
import type { KnownSignal } from "../../proto/signal/mod.ts";
import type { Clock } from "../../quic/clock.ts";
import { silentLog } from "../../relay/ports/log.ts";
import type { PresenceObserver } from "../../relay/ports/presence.ts";
import type { Link, RelayKey } from "../link.ts";
import type { MeshNode } from "../testing_mesh.ts";
import { Gossip } from "./gossip.ts";

/** Who is registered, and who watches. */
export class TestingPresence {
  readonly names = new Set<string>();
  readonly #observers = new Set<PresenceObserver>();

  registered(): Iterable<string> {
    return this.names;
  }

  observe(observer: PresenceObserver): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  enter(name: string): void {
    if (this.names.has(name)) return;
    this.names.add(name);
    for (const observer of this.#observers) observer.registered(name);
  }

  leave(name: string): void {
    if (!this.names.delete(name)) return;
    for (const observer of this.#observers) observer.unregistered(name);
  }
}

export class GossipNode implements MeshNode {
  readonly presence = new TestingPresence();
  readonly gossip: Gossip;
  readonly clock: Clock;
  name: string | null = null;
  load = 0;
  draining = false;
  udpPort: number | null = null;
  maxDirectoryEntries = 1_000;

  constructor(self: RelayKey, clock: Clock, index = 0) {
    this.clock = clock;
    this.gossip = new Gossip({
      clock,
      log: silentLog,
      self,
      build: "test",
      advertised: { ip: `10.0.0.${index + 1}`, port: 4433 },
      load: () => this.load,
      draining: () => this.draining,
      udpPort: () => this.udpPort,
      presence: this.presence,
      settings: () => ({
        name: this.name,
        region: null,
        maxDirectoryEntries: this.maxDirectoryEntries,
      }),
    });
    this.gossip.start();
  }

  up(link: Link): void {
    this.gossip.up(link);
  }

  renewed(link: Link): void {
    this.gossip.renewed(link);
  }

  down(link: Link): void {
    this.gossip.down(link);
  }

  signal(link: Link, message: KnownSignal): void {
    this.gossip.signal(link, message);
  }

  stop(): void {
    this.gossip.stop();
  }
}
