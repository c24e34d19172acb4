/** A relay for tests of the HTTP server: rooms, calls and a mesh that are made up, and a time that stands still. */
import type {
  AdminHost,
  AdminSettings,
  EventRecord,
  LogRecord,
  OperateOutcome,
} from "../relay/ports/admin.ts";
import type { CallView } from "../relay/ports/call_observer.ts";
import type { LinkView, MeshRelayView } from "../relay/ports/federation.ts";
import type { Fields, Level, Log } from "../relay/ports/log.ts";
import type { LocalPresence, PresencePeer, RemotePresence } from "../relay/ports/presence.ts";
import type { RegistrationView, Registry } from "../relay/ports/registry.ts";
import type { ParticipantView } from "../relay/ports/room_observer.ts";
import { ManualClock } from "../relay/ports/testing_clock.ts";
import { createCounters, metrics } from "../relay/ports/testing_counters.ts";
import type { UdpRelayView } from "../relay/ports/udp_relay.ts";
import type { SiteHost } from "./site_host.ts";
import { processFacts } from "./thread/parts.ts";
import { TestingTail, TestingTap } from "./testing_feeds.ts";

/** Everything is in one thread here, so nothing has to be fetched. */
export type TestingHost = AdminHost & SiteHost;

/** What the log was told. */
export interface TestingLine {
  readonly area: string;
  readonly level: Level;
  readonly message: string;
  readonly fields: Fields;
}

/** A fingerprint in the client's form, different for each name. */
export function testingFingerprint(name: string): string {
  const digits = Array.from({ length: 32 }, (_, place) => {
    const code = name.charCodeAt(place % name.length);
    return ((code * 31 + place * 7) % 16).toString(16);
  });
  return digits.join("").match(/.{4}/g)!.join(":");
}

/** A relay's identity: 64 lower-case hex digits. */
export function testingRelay(name: string): string {
  return testingFingerprint(name).replaceAll(":", "").repeat(2);
}

const SELF = testingRelay("Frankfurt");
const OSLO = testingRelay("Oslo");
const LIMA = testingRelay("Lima");

/** A UDP relay with two peers, and a third that is blocked. */
export function testingUdpRelay(changes: Partial<UdpRelayView> = {}): UdpRelayView {
  const peer = { group: "office", verified: true, ageMs: 800, packetsIn: 400, packetsOut: 380 };
  return {
    listen: { ip: "0.0.0.0", port: 51_820 },
    groups: 1,
    keys: 2,
    peers: [
      { ...peer, key: "mC3lRbQw", endpoint: "203.0.113.40:41000" },
      { ...peer, key: null, endpoint: "[2001:db8::40]:41001", verified: false, packetsOut: 0 },
    ],
    peersTotal: 2,
    sessions: 1,
    blocked: [
      {
        ip: "198.51.100.99",
        by: "automatic",
        reason: "too many packets",
        until: 1_775_000_060_000,
      },
      { ip: "198.51.100.7", by: "operator", reason: "blocked by the operator", until: null },
    ],
    packetsIn: 1_000,
    bytesIn: 128_000,
    packetsForwarded: 780,
    bytesForwarded: 99_840,
    drops: { malformed: 20, rate: 200, no_group: 0 },
    ...changes,
  };
}

/** Everything a test may change; the host reads it whenever it is asked. */
export class TestingRelay {
  readonly clock = new ManualClock();
  readonly counters = createCounters();
  readonly lines: TestingLine[] = [];
  /** What was told to be counted as a fault of ours. */
  readonly faults: string[] = [];
  /** Calls of operations, as `kick ["0011..",60000]`. */
  readonly operated: string[] = [];
  readonly logTail = new TestingTail<LogRecord>();
  readonly eventTail = new TestingTail<EventRecord>();
  readonly tap = new TestingTap();
  settings: AdminSettings = {
    listen: [{ ip: "127.0.0.1", port: 0 }],
    implied: false,
    tokenFile: null,
    stateDir: "/nonexistent",
    behindTls: false,
    hosts: [],
    metricsPublic: false,
    sessionMetrics: "auto",
    registryPublic: false,
  };
  state: ReturnType<AdminHost["state"]> = { life: "serving", full: false, misconfigured: [] };
  outcome: OperateOutcome = { ok: true, detail: "done" };
  participants: ParticipantView[] = [
    participant(1, "general", "Ann", "203.0.113.7:50001"),
    participant(2, "general", "<img src=x onerror=alert(1)>", "203.0.113.8:50002"),
    participant(3, "general", null, "[2001:db8::9]:50003"),
    participant(4, "call-7f3a", "Dora", "198.51.100.4:40004"),
    participant(5, "call-7f3a", "Emil", "198.51.100.5:40005"),
  ];
  calls: CallView[] = [
    call("7f3a", "Dora", "Emil", "active"),
    call("81c2", "Ann", "Farid", "ringing"),
  ];
  locals: LocalPresence[] = ["Ann", "Dora", "Emil"].map((name) => ({
    fingerprint: testingFingerprint(name),
    alias: name,
    room: name === "Ann" ? "general" : "call-7f3a",
    since: 1_775_000_000_000 - 60_000,
    sessions: 2,
  })).sort((a, b) => a.fingerprint < b.fingerprint ? -1 : 1);
  peers: PresencePeer[] = [
    {
      address: "192.0.2.20:4433",
      fingerprints: [testingFingerprint("Farid"), testingFingerprint("Gro")].sort(),
      ageMs: 1_200,
      rttMs: 31.4,
    },
    {
      address: "192.0.2.30:4433",
      fingerprints: [testingFingerprint("Hugo")],
      ageMs: 4_000,
      rttMs: null,
    },
  ];
  links: LinkView[] = [
    link(OSLO, "Oslo", "192.0.2.20", 31.4, 0),
    { ...link(LIMA, "Lima", "192.0.2.30", null, null), legacy: true, dialled: false },
  ];
  mesh: MeshRelayView[] = [
    meshRelay(SELF, "Frankfurt", "eu-central", "192.0.2.10:4433", [
      { relay: OSLO, rttMs: 31.4, lossPct: 0, legacy: false },
      { relay: LIMA, rttMs: null, lossPct: null, legacy: true },
    ]),
    meshRelay(OSLO, "Oslo", "eu-north", "192.0.2.20:4433", [
      { relay: SELF, rttMs: 31.6, lossPct: 0.5, legacy: false },
    ]),
  ];
  probes: ReturnType<AdminHost["probes"]> = [
    { target: "192.0.2.20:4433", up: true, rttMs: 31.4, lossPct: 0, jitterMs: 1.2 },
    { target: "192.0.2.30:4433", up: false, rttMs: null, lossPct: 100, jitterMs: null },
  ];
  /** None of these unless the test wants it. */
  registry: Registry | null = null;
  registration: RegistrationView | null = null;
  udpRelay: UdpRelayView | null = null;

  /** The relay as the HTTP server is given it, and as the site sees it; `changes` replaces parts of it. */
  host(changes: Partial<TestingHost> = {}): TestingHost {
    const operate = (name: string, ...values: unknown[]) => {
      this.operated.push(`${name} ${JSON.stringify(values)}`);
      return this.outcome;
    };
    return {
      clock: this.clock,
      log: this.log("http"),
      audit: (message, fields) => this.log("audit").info(message, fields),
      fault: (error) => void this.faults.push(String(error)),
      build: "0123abc",
      tlsFingerprint: SELF.match(/../g)!.join(":"),
      startedAt: this.clock.wall() - 3_600_000,
      quicPort: 4433,
      settings: () => this.settings,
      random: (bytes) => Uint8Array.from({ length: bytes }, (_, place) => (place * 37 + 11) % 256),
      state: () => this.state,
      metrics: () => metrics(this.counters),
      process: processFacts,
      fresh: () => Promise.resolve(),
      everyFresh: (ms, _, run) => this.clock.every(ms, run),
      locate: (fingerprint) => this.#presence().find(fingerprint),
      rooms: () => this.#rooms(),
      sessions: () =>
        this.participants.map((view, place) => ({
          participant: view,
          since: this.clock.now() - 60_000,
          packetsReceived: 3_000 + place,
          packetsForwarded: 2_990 + place,
          lossPct: place === 0 ? 2 : null,
          rttMs: place === 0 ? 44 : null,
          audioAgeMs: place === 1 ? 85 : null,
        })),
      calls: () => this.calls,
      presence: this.#presence(),
      route: (fingerprint) => this.#route(fingerprint),
      federation: {
        links: () => this.links,
        mesh: () => this.mesh,
        directory: () => this.#remotes().map((one) => ({ ...one, relay: OSLO })),
      },
      probes: () => this.probes,
      tap: this.tap,
      logTail: this.logTail,
      eventTail: this.eventTail,
      configText: () => `listen_addr = "0.0.0.0:4433"\nauth_url = "***"\n`,
      invitation: () => `[[peers]]\nurl = "192.0.2.10:4433"\nfingerprint = "${SELF}"\n`,
      registry: this.registry,
      registration: () => this.registration,
      udpRelay: () => this.udpRelay,
      operations: {
        drain: (reason) => operate("drain", reason),
        reload: () => Promise.resolve(operate("reload")),
        setLogLevel: (levels) => operate("setLogLevel", levels),
        kick: (session, refuseMs) => operate("kick", session, refuseMs),
        closeLink: (relay) => operate("closeLink", relay),
        blockUdp: (ip, ms) => operate("blockUdp", ip, ms),
        unblockUdp: (ip) => operate("unblockUdp", ip),
      },
      ...changes,
    };
  }

  /** A log whose lines are kept in `lines`. */
  log(area: string): Log {
    const at = (level: Level) => (message: string, fields: Fields = {}) =>
      void this.lines.push({ area, level, message, fields });
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      area: (name) => this.log(name),
      enabled: () => true,
    };
  }

  *#rooms(): ReturnType<AdminHost["rooms"]> & Generator {
    const names = [...new Set(this.participants.map(({ room }) => room))];
    for (const name of names) {
      const remote = name === "general"
        ? [{ fingerprint: testingFingerprint("Hugo"), alias: "Hugo", relay_label: "Lima" }]
        : [];
      const participants = this.participants.filter(({ room }) => room === name);
      yield { name, participants, remote, codec: name === "general" ? "opus24k" : null };
    }
  }

  #remotes(): RemotePresence[] {
    return this.peers.flatMap(({ address, fingerprints, ageMs }) =>
      fingerprints.map((fingerprint) => ({ fingerprint, relay: address, ageMs }))
    ).sort((a, b) => a.fingerprint < b.fingerprint ? -1 : 1);
  }

  #presence(): AdminHost["presence"] {
    return {
      find: (fingerprint) => {
        const local = this.locals.find((one) => one.fingerprint === fingerprint);
        if (local !== undefined) return { at: "local", ...local };
        const remote = this.#remotes().find((one) => one.fingerprint === fingerprint);
        return remote === undefined ? null : { at: "remote", ...remote };
      },
      locals: () => this.locals,
      remotes: () => this.#remotes(),
      peers: () => this.peers,
      localFingerprints: () => this.locals.map(({ fingerprint }) => fingerprint),
      fingerprints: () =>
        [...this.locals, ...this.#remotes()].map(({ fingerprint }) => fingerprint),
      registered: () => this.locals.map(({ fingerprint }) => fingerprint),
      observe: () => () => {},
      follow: () => () => {},
    };
  }

  #route(fingerprint: string): ReturnType<AdminHost["route"]> {
    const own = "192.0.2.10:4433";
    const place = this.host().presence.find(fingerprint);
    if (place === null) return { kind: "not_found", relayChain: [] };
    if (place.at === "local") return { kind: "local", relayChain: [own] };
    return { kind: "direct_peer", relayChain: [own, place.relay] };
  }
}

function participant(
  id: number,
  room: string,
  alias: string | null,
  address: string,
): ParticipantView {
  const session = id.toString(16).padStart(32, "0");
  const fingerprint = testingFingerprint(alias ?? `nobody ${id}`);
  return { id, session, room, fingerprint, alias, address };
}

function call(
  id: string,
  caller: string,
  callee: string,
  state: "ringing" | "active",
): CallView {
  return {
    id,
    caller: testingFingerprint(caller),
    callee: testingFingerprint(callee),
    state,
    outcome: null,
    offeredAt: -30_000,
    acceptedAt: state === "active" ? -25_000 : null,
  };
}

function link(
  relay: string,
  label: string,
  ip: string,
  rttMs: number | null,
  lossPct: number | null,
): LinkView {
  const address = `${ip}:4433`;
  const since = -600_000;
  return { relay, label, legacy: false, dialled: true, address, ip, since, rttMs, lossPct };
}

function meshRelay(
  relay: string,
  label: string,
  region: string,
  address: string,
  links: MeshRelayView["links"],
): MeshRelayView {
  const more = { build: "0123abc", load: 0.05, draining: false, udpPort: null, ageMs: 900 };
  return { relay, label, region, address, ...more, links };
}
