/** What is known of each relay of this run: who named it, how far it is, when it was heard, what is wrong with it. */
import type { PathQuality } from "../../proto/quality_report.ts";
import { parseRelayEntry } from "../../proto/relay_entry.ts";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import { type KnownRelay, MAX_RELAYS } from "./known_relay.ts";
import { LatencyWindow } from "./latency_window.ts";
import type { ProbeProblem } from "./prober.ts";
import type { Candidate } from "./relay_choice.ts";
import type { RelayMap } from "./relay_map.ts";

export interface RelayState {
  readonly relay: KnownRelay;
  /** Smoothed; null until measured. */
  readonly rttMs: number | null;
  readonly reachable: boolean;
  /** Of the last probe. */
  readonly problem: ProbeProblem | null;
  /** Takes nobody new. */
  readonly full: boolean;
}

interface Entry {
  relay: KnownRelay;
  readonly latencies: LatencyWindow;
  heardAt: number | null;
  problem: ProbeProblem | null;
  /** The relay said so itself. */
  draining: boolean;
  lastScore: number | null;
}

/** What a session measures may differ from probes by so much before we look around. */
const WORSE_RTT_SHARE = 1.5;
const WORSE_RTT_MS = 20;
const WORSE_SCORE = 5;

export class RelayStates {
  /** Also holds what earlier runs knew of relays that nobody names in this one. */
  readonly map: RelayMap;
  readonly #clock: Clock;
  /** In order of discovery. */
  #entries = new Map<string, Entry>();

  constructor(clock: Clock, map: RelayMap) {
    this.#clock = clock;
    this.map = map;
  }

  get all(): readonly RelayState[] {
    return [...this.#entries.values()].map((entry) => ({
      relay: entry.relay,
      rttMs: entry.latencies.median(),
      reachable: this.#reachable(entry),
      problem: entry.problem,
      full: !entry.relay.takesClients || entry.draining,
    }));
  }

  get(addr: string): RelayState | null {
    return this.all.find(({ relay }) => relay.addr === addr) ?? null;
  }

  /** All that were named before and are not any more are forgotten, but for those that a relay told of. */
  discovered(relays: readonly KnownRelay[]): void {
    const told = [...this.#entries.values()].filter(({ relay }) => relay.source === "told")
      .map(({ relay }) => relay);
    const old = this.#entries;
    this.#entries = new Map();
    for (const relay of [...relays, ...told]) this.#add(relay, old.get(relay.addr));
  }

  /** Those that were not known. */
  told(relays: readonly string[], region: string | null): RelayState[] {
    const fresh: RelayState[] = [];
    for (const text of relays.slice(0, MAX_RELAYS)) {
      const entry = parseRelayEntry(text);
      if (entry === null) continue;
      const { name, address, fingerprint } = entry;
      const addr = formatSocketAddress(address);
      const pin = fingerprint === null ? null : Uint8Array.fromHex(fingerprint);
      const known = this.#entries.get(addr);
      if (known !== undefined) {
        // Another relay cannot say which certificate is wrong for one that the user named.
        const { relay } = known;
        if (relay.source === "told" && relay.pin === null) known.relay = { ...relay, pin };
        continue;
      }
      if (this.#entries.size >= MAX_RELAYS) break;
      this.map.populateFromAck([`${name}|${addr}`], region);
      const unknown = { region: null, udpPort: null, takesClients: true, draining: false };
      this.#add({ addr, name, pin, source: "told", ...unknown });
      fresh.push(this.get(addr)!);
    }
    return fresh;
  }

  /** For the choice; one whose certificate is wrong is somebody else and no candidate. */
  candidates(current: string | null): Candidate[] {
    const all = [...this.#entries.values()];
    const configured = new Set(
      all.filter(({ relay }) => relay.source === "configured").map(({ relay }) => relay.name),
    );
    return all.filter(({ problem }) => problem !== "certificate")
      .map((entry) => {
        const { relay, latencies, heardAt, draining } = entry;
        // Among those that fill the present relay are we.
        const takesClients = relay.addr === current ? !relay.draining : relay.takesClients;
        return {
          addr: relay.addr,
          // A name that the user gave is not for others to call themselves.
          name: relay.source === "configured" || !configured.has(relay.name) ? relay.name : "",
          region: relay.region,
          rttMs: latencies.median(),
          reachable: this.#reachable(entry),
          heardAt,
          takesClients: takesClients && !draining,
        };
      });
  }

  stale(maxAgeMs: number): RelayState[] {
    const stale = new Set(this.map.staleEntries(maxAgeMs).map(([, addr]) => addr));
    return this.all.filter(({ relay }) => stale.has(relay.addr));
  }

  measured(addr: string, rttMs: number, draining: boolean): void {
    const entry = this.#entries.get(addr);
    if (entry === undefined) return;
    entry.latencies.add(rttMs);
    entry.problem = null;
    entry.draining = draining;
    this.map.updateRtt(addr, entry.latencies.median() ?? rttMs);
  }

  failed(addr: string, problem: ProbeProblem): void {
    const entry = this.#entries.get(addr);
    if (entry === undefined) return;
    entry.problem = problem;
    entry.latencies.clear();
    this.map.markUnreachable(addr);
  }

  /** The client itself found it dead: what was heard before does not count any more. */
  dead(addr: string): void {
    this.failed(addr, "silent");
    const entry = this.#entries.get(addr);
    if (entry !== undefined) entry.heardAt = null;
  }

  heard(addr: string): void {
    const entry = this.#entries.get(addr);
    if (entry !== undefined) entry.heardAt = this.#clock.now();
  }

  draining(addr: string): void {
    const entry = this.#entries.get(addr);
    if (entry !== undefined) entry.draining = true;
  }

  /** Whether what a session measures has become worse than before, or than probes say. */
  worsened(addr: string, { rttMs, lossPercent }: PathQuality, score: number): boolean {
    const entry = this.#entries.get(addr);
    if (entry === undefined) return false;
    const probed = entry.latencies.median();
    const last = entry.lastScore;
    entry.lastScore = score;
    return lossPercent > 2 || last !== null && score < last - WORSE_SCORE ||
      probed !== null && rttMs > probed * WORSE_RTT_SHARE && rttMs > probed + WORSE_RTT_MS;
  }

  #add(relay: KnownRelay, old?: Entry): void {
    const { addr, name, region } = relay;
    const fresh = { latencies: new LatencyWindow(), heardAt: null, problem: null };
    const entry = old ?? { relay, ...fresh, draining: false, lastScore: null };
    entry.relay = relay;
    this.#entries.set(addr, entry);
    this.map.upsert(name, addr, region);
    // An earlier run may have read it in a registry.
    if (region === null) entry.relay = { ...relay, region: this.map.get(addr)?.region ?? null };
  }

  /** In this run. */
  #reachable({ problem, latencies }: Entry): boolean {
    return problem === null && latencies.median() !== null;
  }
}
