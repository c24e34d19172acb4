/** The edge of the room reducer: watches local rooms, links and the mesh, and carries out what follows. */
import type { RoomParticipant, SignalOf } from "../../proto/signal/mod.ts";
import type { RelayCertificate } from "../../proto/certificate.ts";
import type { Crypto } from "../../proto/crypto_port.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import type {
  FederatedRooms as LocalRooms,
  FederationSettings,
} from "../../relay/ports/federation.ts";
import type { Link, LinkHandler, RelayKey } from "../link.ts";
import type { IgnoredAnnouncement } from "./ground.ts";
import { RoomReducer } from "./room_reducer.ts";
import type { Mesh, Routing } from "./routing.ts";

export type RoomSignal = SignalOf<"RoomState" | "GlobalRoomActive" | "GlobalRoomInactive">;

/** What is needed of `FederationHost`. */
export interface RoomsHost {
  readonly clock: Clock;
  readonly crypto: Pick<Crypto, "sha256">;
  readonly certificate: Pick<RelayCertificate, "fingerprintBytes">;
  readonly counters: {
    federationActiveRooms: number;
    readonly federationAnnouncementsIgnored: { add(reason: IgnoredAnnouncement): void };
  };
  readonly rooms: Pick<LocalRooms, "observe" | "list" | "participants" | "refresh">;
  /** Asked whenever it matters, so that a reload counts. */
  readonly settings: () => Pick<
    FederationSettings,
    "globalRooms" | "name" | "peers" | "trusted"
  >;
}

export interface FederatedRoomsOptions {
  readonly host: RoomsHost;
  readonly mesh: Pick<Mesh, "reachable" | "nextHop" | "onChange">;
  /** What a relay goes by where neither the configuration nor an announcement says it. */
  readonly labelOf: (relay: RelayKey) => string;
}

const TICK_MS = 1_000;

export class FederatedRooms implements LinkHandler {
  readonly #options: FederatedRoomsOptions;
  readonly #reducer: RoomReducer;
  /** Rooms whose clients changed in this turn. */
  readonly #changed = new Set<string>();
  readonly #endings: readonly (() => void)[];
  #next: { readonly timer: Timer; readonly at: number } | null = null;

  constructor(options: FederatedRoomsOptions) {
    const { host: { certificate, clock, counters, crypto, rooms }, mesh, labelOf } = options;
    this.#options = options;
    this.#reducer = new RoomReducer({
      clock,
      crypto,
      self: certificate.fingerprintBytes.toHex(),
      mesh,
      labelOf,
      onIgnored: (reason) => counters.federationAnnouncementsIgnored.add(reason),
    });
    const changed = ({ room }: { readonly room: string }) => this.#localChanged(room);
    const tick = clock.every(TICK_MS, () => {
      this.#reducer.tick();
      this.#schedule();
    });
    this.#endings = [
      rooms.observe({ joined: changed, left: changed }),
      mesh.onChange(() => {
        this.#reducer.meshChanged();
        this.#schedule();
      }),
      () => tick.cancel(),
    ];
    for (const { name } of rooms.list()) this.#changed.add(name);
    this.apply();
  }

  /** For the media bridge. */
  get routing(): Routing {
    return this.#reducer.routing;
  }

  /** Takes over the settings after a reload. */
  apply(): void {
    const { globalRooms, name, peers, trusted } = this.#options.host.settings();
    const labels = [...peers, ...trusted].flatMap(({ fingerprints, label }) =>
      fingerprints.map((relay) => [relay, label] as const)
    );
    this.#reducer.configure(globalRooms, name, new Map(labels));
    this.#schedule();
  }

  /** The name under which a room is shared or, for one that is not, its own. */
  canonicalRoom(room: string): string {
    return this.#reducer.canonicalRoom(room);
  }

  /** Participants of a room at other relays, each once, with the label of the relay they are on. */
  remote(room: string): readonly RoomParticipant[] {
    return this.#reducer.remote(room);
  }

  /** Shares the room of a call with the relays on its path that have links to this one. */
  setCallScope(callId: string, relays: readonly RelayKey[]): void {
    this.#reducer.scope(callId, relays);
    this.#schedule();
  }

  /** The call has ended. */
  clearCallScope(callId: string): void {
    this.setCallScope(callId, []);
  }

  up(link: Link): void {
    this.#reducer.up(link);
    this.#schedule();
  }

  renewed(link: Link): void {
    this.#reducer.renewed(link);
    this.#schedule();
  }

  down(link: Link): void {
    this.#reducer.down(link);
    this.#schedule();
  }

  /** What a link says of rooms. */
  signal(link: Link, message: RoomSignal): void {
    if (message.type === "RoomState") this.#reducer.roomState(link, message);
    else if (message.type === "GlobalRoomActive") this.#reducer.active(link, message);
    else this.#reducer.inactive(link, message);
    this.#schedule();
  }

  close(): void {
    for (const end of this.#endings) end();
    this.#next?.timer.cancel();
    this.#next = null;
  }

  #localChanged(room: string): void {
    this.#changed.add(room);
    this.#schedule();
  }

  /** Everything of one turn goes together: the timer fires in the next one at the earliest. */
  #schedule(): void {
    const { clock } = this.#options.host;
    const now = clock.now();
    const due = this.#changed.size > 0 ? now : this.#reducer.nextDue();
    if (due === null || (this.#next !== null && this.#next.at <= due)) return;
    this.#next?.timer.cancel();
    this.#next = { at: due, timer: clock.after(due - now, () => this.#flush()) };
  }

  #flush(): void {
    const { counters, rooms } = this.#options.host;
    this.#next = null;
    for (const room of this.#changed) this.#reducer.local(room, [...rooms.participants(room)]);
    this.#changed.clear();
    const { messages, refresh } = this.#reducer.flush();
    counters.federationActiveRooms = this.#reducer.activeRooms;
    for (const { link, message, kind } of messages) link.send(message, kind);
    for (const room of refresh) rooms.refresh(room);
    this.#schedule();
  }
}
