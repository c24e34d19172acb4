/** A made-up relay in a made-up mesh where something always happens, for looking at the console. The same every time. */
import type { TestingHost } from "../../../admin/testing_host.ts";
import type { LinkView, MeshRelayView } from "../../../relay/ports/federation.ts";
import type { ParticipantView } from "../../../relay/ports/room_observer.ts";
import { LivelyCompanions } from "./lively_companions.ts";
import { testingFingerprint, TestingRelay, testingRelay } from "../../../admin/testing_host.ts";

/** As `[name, region, round trip, loss]` from the relay that is looked at. */
const OTHERS = [
  ["Oslo", "eu-north", 31, 0],
  ["Dublin", "eu-west", 24, 0.2],
  ["Virginia", "us-east", 92, 0],
  ["Lima", "sa-west", 212, 1.8],
  ["Singapore", "ap-southeast", 318, 6.5],
] as const;
/** Links that this relay only hears of. */
const BETWEEN = [
  ["Oslo", "Dublin", 38, 0],
  ["Dublin", "Virginia", 71, 0.1],
  ["Virginia", "Lima", 118, 1.1],
] as const;
const LEGACY = "Lima";
const ALIASES =
  "Ann Bela Chidi Dora Emil Farid Gro Hugo Ines Jun Kofi Lena Mirek Nadia Omar Pia Quentin Rosa Sven Tess Uma Viktor Wanda Xu Yara Zeno"
    .split(" ");
const HOSTILE = "<img src=x onerror=alert(1)>";
const ROOMS = ["general", "music-lab", "ops", "standup", "k7f0e2a9c4d1b8f3"];
const SELF = testingRelay("Frankfurt");
const STEP_MS = 100;

export class LivelyRelay {
  readonly relay = new TestingRelay();
  readonly companions = new LivelyCompanions(this.relay);
  readonly #quality = new Map<string, { loss: number | null; rtt: number | null }>();
  readonly #seqs = new Map<string, number>();
  #seed = 7;
  #lastId = 0;
  #ticks = 0;

  constructor() {
    const { relay } = this;
    relay.participants = [];
    for (let n = 0; n < 17; n++) this.#join(ROOMS[n < 7 ? 0 : n < 11 ? 1 : n < 13 ? 2 : 3]!);
    this.#join("general", HOSTILE);
    this.#join("general", null);
    for (const id of ["7f3a91c2", "b0d4e6f8"]) {
      this.#join(`call-${id}`);
      this.#join(`call-${id}`);
    }
    relay.calls = [
      this.#call("7f3a91c2", "Dora", "Emil", "active", 754_000),
      this.#call("b0d4e6f8", "Kofi", "Yara", "active", 61_000),
      this.#call("81c2d3e4", "Ann", "Farid", "ringing", 4_000),
    ];
    relay.counters.activeCalls.add("active", 2);
    relay.counters.activeCalls.add("ringing");
    relay.links = OTHERS.map(([name, , rtt, loss], place) => ({
      relay: testingRelay(name),
      label: name,
      legacy: name === LEGACY,
      dialled: place % 2 === 0,
      address: `192.0.2.${20 + place}:4433`,
      ip: `192.0.2.${20 + place}`,
      since: -3_600_000 * (place + 1),
      rttMs: rtt,
      lossPct: loss,
    }));
    this.#tellMesh();
    this.#say("info", "start", "Listening for connections...", { addr: "0.0.0.0:4433" });
  }

  host(changes: Partial<TestingHost> = {}): TestingHost {
    const { relay, companions } = this;
    return relay.host({
      operations: companions.operations(relay.host().operations),
      startedAt: relay.clock.wall() - 273_900_000,
      sessions: () =>
        relay.participants.map((participant) => ({
          participant,
          since: relay.clock.now() - 60_000 * (1 + participant.id % 50),
          packetsReceived: 3_000,
          packetsForwarded: 2_990,
          lossPct: this.#quality.get(participant.session)?.loss ?? null,
          rttMs: this.#quality.get(participant.session)?.rtt ?? null,
          audioAgeMs: participant.id % 3 === 0 ? 40 + participant.id * 3 : null,
        })),
      ...changes,
    });
  }

  /** Lets time pass. */
  run(ms: number): void {
    for (this.#owed += ms; this.#owed >= STEP_MS; this.#owed -= STEP_MS) {
      this.#step();
      this.relay.clock.advance(STEP_MS);
    }
  }
  #owed = 0;

  /** Takes a link away, or brings it back. */
  setLink(name: string, up: boolean): void {
    const { relay } = this;
    const key = testingRelay(name);
    const before = relay.links.find((link) => link.relay === key) ?? this.#gone.get(key);
    relay.links = relay.links.filter((link) => link.relay !== key);
    if (up && before !== undefined) relay.links = [...relay.links, before];
    else if (before !== undefined) this.#gone.set(key, before);
    this.#say(up ? "info" : "warn", "federation", up ? "link up" : "link down", { peer: name });
    this.#event(up ? "link_up" : "link_down", { peer: name });
    this.#tellMesh();
  }
  readonly #gone = new Map<string, LinkView>();

  #step(): void {
    this.#ticks += 1;
    const { relay } = this;
    const { counters } = relay;
    for (let n = 0; n < 5; n++) {
      for (const participant of relay.participants) this.#talk(participant, n);
    }
    if (this.#ticks % 10 !== 0) return;
    counters.activeSessions = relay.participants.length;
    counters.activeRooms = new Set(relay.participants.map(({ room }) => room)).size;
    const second = this.#ticks / 10;
    this.companions.second();
    for (const link of relay.links) {
      const [, , rtt, loss] = OTHERS.find(([name]) => name === link.label)!;
      const wave = Math.sin(second / 37 + rtt) * rtt * 0.08 + this.#random() * rtt * 0.06;
      const spike = link.label === "Virginia" && second % 140 < 9 ? 60 : 0;
      this.#change(link, {
        rttMs: rtt + wave + spike,
        lossPct: loss === 0 ? 0 : loss + this.#random() * 0.4,
      });
    }
    this.#tellMesh();
    if (second % 23 === 0) this.#joinOrLeave();
    if (second % 9 === 0) {
      this.#say("info", "rooms", "joined", {
        room: "general",
        fingerprint: testingFingerprint(this.#name()),
      });
    }
    if (second % 31 === 0) {
      this.#say("warn", "federation", "round trip above 300 ms", {
        peer: "Singapore",
        rtt_ms: "318",
      });
    }
    if (second % 97 === 0) {
      this.#say("error", "event_log", "cannot write", {
        path: "/var/log/wzp/events.jsonl",
        error: "No space left on device",
      });
    }
    if (second % 6 === 0) {
      this.#say("debug", "quality", "report", {
        loss_pct: String(Math.floor(this.#random() * 4)),
        rtt_ms: "44",
      });
    }
  }

  #change(link: LinkView, to: Partial<LinkView>): void {
    this.relay.links = this.relay.links.map((one) => one === link ? { ...one, ...to } : one);
  }

  /** The packet of the n-th 20 ms of this step, if it is not lost. */
  #talk(from: ParticipantView, n: number): void {
    const { relay } = this;
    const speaks = (from.id + Math.floor(this.#ticks / 40)) % 3 !== 0;
    if (!speaks) return;
    const fanOut = relay.participants.filter(({ room }) => room === from.room).length - 1;
    const seq = (this.#seqs.get(from.session) ?? from.id * 1_000 % 65_536) + 1;
    this.#seqs.set(from.session, seq);
    if (from.id % 5 === 0 ? seq % 50 === 7 : this.#random() < 0.001) return;
    const { counters } = relay;
    const length = 52 + Math.floor(this.#random() * 24);
    counters.packetsReceived += 1;
    counters.packetsDelivered += fanOut;
    counters.bytesForwarded += length * fanOut;
    counters.bytesReceived += length + 12;
    counters.bytesSent += (length + 12) * fanOut;
    if (this.#random() < 0.003) counters.packetsDropped.add("slow_receiver", 1);
    if (this.#random() < 0.0006) counters.packetsDropped.add("stale_receiver", 2);
    if (this.#random() < 0.0004) counters.packetsRejected.add("malformed", 1);
    if (relay.tap.active === 0) return;
    relay.tap.show(from.room, {
      kind: "packet",
      at: relay.clock.wall() + n * 20,
      from,
      seq: seq % 65_536,
      codec: from.id % 4 === 0 ? "Opus6k" : "Opus24k",
      timestamp: seq * 20,
      fecBlock: Math.floor(seq / 5) % 256,
      fecSymbol: seq % 5,
      repair: from.id % 4 === 0 && seq % 5 === 4,
      length,
      fanOut,
    });
  }

  #joinOrLeave(): void {
    const { relay } = this;
    if (relay.participants.length > 22) {
      // Nobody of a call, and nobody whom a test looks for.
      const leaver = relay.participants.find(({ id, room }) =>
        id > 23 && !room.startsWith("call-")
      ) ??
        relay.participants[0]!;
      relay.participants = relay.participants.filter((one) => one !== leaver);
      this.#event("leave", { room: leaver.room, alias: leaver.alias });
    } else this.#join(ROOMS[this.#lastId % ROOMS.length]!);
  }

  #join(room: string, alias: string | null = this.#name()): void {
    const id = ++this.#lastId;
    const session = (id * 2_654_435_761 >>> 0).toString(16).padStart(8, "0").repeat(4);
    const fingerprint = testingFingerprint(alias ?? `nobody ${id}`);
    const address = id % 6 === 0
      ? `[2001:db8::${id}]:50${100 + id}`
      : `203.0.113.${id}:50${100 + id}`;
    this.relay.participants = [...this.relay.participants, {
      id,
      session,
      room,
      fingerprint,
      alias,
      address,
    }];
    this.#quality.set(
      session,
      id % 4 === 3
        ? { loss: null, rtt: null }
        : { loss: id % 7 === 0 ? 7 : id % 5 === 0 ? 2 : 0, rtt: 18 + id * 13 % 160 },
    );
    this.#event("join", { room, alias });
  }

  #name(): string {
    return ALIASES[(this.#lastId + 1) % ALIASES.length]!;
  }

  #call(id: string, caller: string, callee: string, state: "active" | "ringing", agoMs: number) {
    return {
      id,
      caller: testingFingerprint(caller),
      callee: testingFingerprint(callee),
      state,
      outcome: null,
      offeredAt: -agoMs - 4_000,
      acceptedAt: state === "active" ? -agoMs : null,
    };
  }

  #tellMesh(): void {
    const { relay } = this;
    const own = relay.links.map((link) => ({
      relay: link.relay,
      rttMs: link.rttMs,
      lossPct: link.lossPct,
      legacy: link.legacy,
    }));
    relay.mesh = [
      this.#meshRelay("Frankfurt", "eu-central", 10, 0.24, own),
      ...OTHERS.flatMap(([name, region], place) => {
        if (name === LEGACY) return [];
        const links = BETWEEN.flatMap(([a, b, rttMs, lossPct]) => {
          const legacy = [a, b].some((end: string) => end === LEGACY);
          return a === name ? [{ relay: testingRelay(b), rttMs, lossPct, legacy }] : [];
        });
        return [this.#meshRelay(name, region, 20 + place, 0.12 + place * 0.17, links)];
      }),
    ];
  }

  #meshRelay(
    label: string,
    region: string,
    ip: number,
    load: number,
    links: MeshRelayView["links"],
  ): MeshRelayView {
    const relay = label === "Frankfurt" ? SELF : testingRelay(label);
    const draining = label === "Dublin";
    return {
      relay,
      label,
      region,
      address: `192.0.2.${ip}:4433`,
      build: "0123abc",
      load,
      draining,
      udpPort: null,
      ageMs: 900,
      links,
    };
  }

  #say(
    level: "debug" | "info" | "warn" | "error",
    area: string,
    message: string,
    fields: Record<string, string>,
  ): void {
    this.relay.logTail.add({ at: this.relay.clock.wall(), level, area, message, fields });
  }

  #event(kind: string, fields: Record<string, string | null>): void {
    this.relay.eventTail.add({ at: this.relay.clock.wall(), kind, fields });
  }

  #random(): number {
    this.#seed = this.#seed * 1_664_525 + 1_013_904_223 >>> 0;
    return this.#seed / 2 ** 32;
  }
}
