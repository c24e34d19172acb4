/** A room reducer alone, for tests: links lead nowhere, the mesh is what the test says, time stands still. */
import { nodeCrypto } from "../../proto/node_crypto.ts";
import type { KnownSignal, RoomMember, SignalOf } from "../../proto/signal/mod.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import type { Link, RelayKey } from "../link.ts";
import { wireRelay } from "../relay_key.ts";
import { looseLink, type TestingLink } from "../testing_mesh_link.ts";
import type { IgnoredAnnouncement } from "./ground.ts";
import { RoomReducer } from "./room_reducer.ts";

/** The fingerprint of a relay by a short name. */
export function relayNamed(name: string): RelayKey {
  return nodeCrypto.sha256(new TextEncoder().encode(name)).toHex();
}

export const SELF = relayNamed("self");

export class TestingReducer {
  readonly clock = new ManualClock();
  /** Relays behind links, and the link that leads there. */
  readonly ways = new Map<RelayKey, Link>();
  readonly ignored: IgnoredAnnouncement[] = [];
  /** What relays go by that nobody gave a label. */
  readonly names = new Map<RelayKey, string>();
  readonly refreshed: string[] = [];
  readonly reducer: RoomReducer;
  #seq = 1_000;

  constructor(globalRooms: readonly string[] = ["general"], name: string | null = null) {
    this.reducer = new RoomReducer({
      clock: this.clock,
      crypto: nodeCrypto,
      self: SELF,
      mesh: {
        reachable: (relay) => this.ways.has(relay),
        nextHop: (relay) => this.ways.get(relay) ?? null,
      },
      labelOf: (relay) => this.names.get(relay) ?? relay.slice(0, 8),
      onIgnored: (reason) => void this.ignored.push(reason),
    });
    this.reducer.configure(globalRooms, name, new Map());
    this.flush();
  }

  /** A link to a relay, up; without `rooms` unless it is said to have them. */
  link(name: string, kind: "ours" | "legacy" | "foreign" = "ours"): TestingLink {
    const link = looseLink(relayNamed(name), {
      label: name,
      legacy: kind === "legacy",
      can: () => kind === "ours",
    });
    this.reducer.up(link);
    this.flush();
    return link;
  }

  /** Hands out what waits, as the edge does. */
  flush(): void {
    while ((this.reducer.nextDue() ?? Infinity) <= this.clock.now()) {
      const { messages, refresh } = this.reducer.flush();
      for (const { link, message, kind } of messages) link.send(message, kind);
      this.refreshed.push(...refresh);
    }
  }

  /** Lets time pass, with a tick every second. */
  run(ms: number): void {
    for (let rest = ms; rest > 0; rest -= 1_000) {
      this.clock.advance(Math.min(1_000, rest));
      this.reducer.tick();
      this.flush();
    }
  }

  local(room: string, ...people: string[]): void {
    this.reducer.local(room, people.map((fingerprint) => ({ fingerprint, alias: null })));
    this.flush();
  }

  /** A relay's state arrives over a link. The number of it, higher than all before unless given. */
  state(
    link: Link,
    relay: RelayKey,
    room: string,
    people: readonly (string | RoomMember)[],
    more: Partial<Pick<SignalOf<"RoomState">, "seq" | "label" | "relay">> = {},
  ): number {
    const seq = more.seq ?? ++this.#seq;
    this.reducer.roomState(link, {
      type: "RoomState",
      relay: wireRelay(relay),
      label: "",
      room,
      members: people.map((one) => typeof one === "string" ? member(one) : one),
      ...more,
      seq,
    });
    this.flush();
    return seq;
  }

  /** A list of a relay without `rooms` arrives; `name@label` is somebody elsewhere. */
  active(link: Link, room: string, ...people: string[]): void {
    const participants = people.map((text) => {
      const [fingerprint, relay_label = null] = text.split("@");
      return { fingerprint: fingerprint!, alias: null, relay_label };
    });
    this.reducer.active(link, { type: "GlobalRoomActive", room, participants });
    this.flush();
  }

  inactive(link: Link, room: string): void {
    this.reducer.inactive(link, { type: "GlobalRoomInactive", room });
    this.flush();
  }

  /** `name@label` of everybody elsewhere. */
  remote(room: string): string[] {
    return this.reducer.remote(room).map((it) => `${it.fingerprint}@${it.relay_label}`);
  }
}

/** Somebody at the relay that answers for them. */
export function member(fingerprint: string, more: Partial<RoomMember> = {}): RoomMember {
  return { fingerprint, alias: null, relay_label: null, via: null, ...more };
}

/** What a link was given since the last time, in short. */
export function taken(link: TestingLink): string[] {
  return link.sent.splice(0).map(inShort);
}

function inShort(message: KnownSignal): string {
  switch (message.type) {
    case "RoomState": {
      const { relay, room, members } = message;
      const who = relay === wireRelay(SELF) ? "self" : relay.slice(0, 5);
      return `state ${who} ${room}: ${members.map(({ fingerprint }) => fingerprint).join(" ")}`;
    }
    case "GlobalRoomActive": {
      const people = message.participants.map(({ fingerprint, relay_label }) =>
        relay_label === null ? fingerprint : `${fingerprint}@${relay_label}`
      );
      return `active ${message.room}: ${people.join(" ")}`;
    }
    case "GlobalRoomInactive":
      return `inactive ${message.room}`;
    default:
      return message.type;
  }
}
