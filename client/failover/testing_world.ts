/** For tests: relays that live, die, stop and are slow as the test says, and one client that failover moves among them. */
import type { PathQuality } from "../../proto/quality_report.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import type { Timer } from "../../quic/clock.ts";
import { Failover } from "./failover.ts";
import type { FailoverEvent, MoveReason } from "./failover_events.ts";

/** A relay of the world. */
export interface WorldRelay {
  alive: boolean;
  draining: boolean;
  joinMs: number;
  quality: PathQuality;
}

export interface WorldMove {
  readonly to: string;
  readonly reason: MoveReason;
  readonly at: number;
}

interface Open {
  readonly addr: string;
  joined: boolean;
  silent: number;
  /** The relay was alive at the last measurement, so it was heard after it. */
  wasAlive: boolean;
  readonly timers: Timer[];
}

export const FINE: PathQuality = { rttMs: 20, jitterMs: 1, lossPercent: 0 };

export class World {
  readonly clock = new ManualClock();
  readonly relays = new Map<string, WorldRelay>();
  readonly moves: WorldMove[] = [];
  readonly machine: Failover;
  /** In order of who advises. */
  allowed: string[];
  better: string | null = null;
  /** Sessions that are open or being opened. */
  readonly open = new Map<number, Open>();
  gaveUp = false;
  #wake: Timer | null = null;
  /** The relay it was last at. */
  #last: string;

  constructor(addresses: readonly string[]) {
    for (const addr of addresses) {
      this.relays.set(addr, { alive: true, draining: false, joinMs: 50, quality: FINE });
    }
    const [first = ""] = addresses;
    this.allowed = addresses.slice(1);
    this.machine = new Failover(first);
    this.#last = first;
    this.#enter(0, first).joined = true;
  }

  /** Where the client sends. */
  get present(): string | null {
    const id = this.machine.present;
    return id === null ? null : this.#last;
  }

  relay(addr: string): WorldRelay {
    return this.relays.get(addr)!;
  }

  /** The operator stops it: clients are told. */
  drain(addr: string): void {
    this.relay(addr).draining = true;
    for (const [id, { addr: at, joined }] of [...this.open]) {
      if (at === addr && joined) this.tell({ type: "draining", id });
    }
  }

  /** It ends its connections, and is gone. */
  close(addr: string, how: "lost" | "ended"): void {
    for (const [id, open] of [...this.open]) {
      if (open.addr !== addr || !this.open.has(id)) continue;
      this.#end(id);
      this.tell({ type: "closed", id, how });
    }
  }

  tell(event: FailoverEvent): void {
    const { better, clock } = this;
    const alternatives = this.allowed.filter((addr) => addr !== this.#last);
    for (const decision of this.machine.step(event, { now: clock.now(), alternatives, better })) {
      switch (decision.do) {
        case "join":
          this.#enter(decision.id, decision.addr);
          break;
        case "use":
          if (this.open.get(decision.id)?.joined !== true) throw new Error("It is not joined");
          this.#last = this.open.get(decision.id)!.addr;
          this.moves.push({
            to: this.#last,
            reason: decision.reason,
            at: clock.now(),
          });
          break;
        case "leave":
        case "drop":
          if (!this.#end(decision.id)) throw new Error(`Session ${decision.id} is not open`);
          break;
        case "give up":
          this.gaveUp = true;
      }
    }
    this.#wake?.cancel();
    const at = this.machine.wakeAt;
    if (at === null) return;
    if (at <= clock.now()) throw new Error("It wants to look again at once");
    this.#wake = clock.after(at - clock.now(), () => this.tell({ type: "look" }));
  }

  #enter(id: number, addr: string): Open {
    const relay = this.relay(addr);
    const open: Open = { addr, joined: id === 0, silent: 0, wasAlive: true, timers: [] };
    this.open.set(id, open);
    const join = this.clock.after(relay.alive ? relay.joinMs : 3_000, () => {
      if (id === 0) return;
      if (!relay.alive || relay.draining) {
        this.#end(id);
        return this.tell({ type: "failed", id });
      }
      open.joined = true;
      this.tell({ type: "joined", id });
      if (this.open.has(id)) this.tell({ type: "ready", id });
    });
    const measure = this.clock.every(500, () => {
      if (!open.joined) return;
      open.silent = relay.alive || open.wasAlive ? 1 : open.silent + 1;
      open.wasAlive = relay.alive;
      this.tell({ type: "measured", id, silent: open.silent, quality: relay.quality });
    });
    open.timers.push(join, measure);
    return open;
  }

  #end(id: number): boolean {
    for (const timer of this.open.get(id)?.timers ?? []) timer.cancel();
    return this.open.delete(id);
  }
}
