/** Keeps the newest of what happened, for the console: who came and left, calls, links, operations. */
import type { Clock } from "../quic/clock.ts";
import { fieldTexts, type LogAddresses } from "./log/format.ts";
import type { EventRecord } from "./ports/admin.ts";
import type { CallObserver, CallView } from "./ports/call_observer.ts";
import type { LinkView } from "./ports/federation.ts";
import type { Fields } from "./ports/log.ts";
import type { ParticipantView, RoomObserver } from "./ports/room_observer.ts";
import { RecentRecords } from "./recent_records.ts";

/** An event takes about 400 bytes. */
const MAX_EVENTS = 1_000;

interface RecentEventsParts {
  readonly clock: Pick<Clock, "wall">;
  /** How the operator wants addresses shown. */
  readonly addresses: () => LogAddresses;
}

export class RecentEvents extends RecentRecords<EventRecord>
  implements Pick<RoomObserver, "joined" | "left">, CallObserver {
  readonly #parts: RecentEventsParts;

  constructor(parts: RecentEventsParts, capacity = MAX_EVENTS) {
    super(capacity);
    this.#parts = parts;
  }

  joined({ room, session, fingerprint, alias }: ParticipantView): void {
    this.#write("join", { room, session, fingerprint, alias });
  }

  left(participant: ParticipantView, forwarded: number, roomClosed: boolean): void {
    const { room, session, fingerprint, alias } = participant;
    this.#write("leave", { room, session, fingerprint, alias, forwarded, roomClosed });
  }

  changed({ id, caller, callee, state, outcome }: CallView): void {
    this.#write("call", { call: id, caller, callee, state, outcome });
  }

  link({ relay, label, legacy, dialled }: LinkView, up: boolean): void {
    this.#write(up ? "link_up" : "link_down", { relay, label, legacy, dialled });
  }

  /** An operator did something. */
  operation(what: string, fields: Fields): void {
    this.#write("operation", { ...fieldTexts(fields, this.#parts.addresses()), action: what });
  }

  /** The relay serves, drains or stops. */
  state(state: string, reason: string): void {
    this.#write("state", { state, reason });
  }

  #write(kind: string, fields: EventRecord["fields"]): void {
    const at = this.#parts.clock.wall();
    this.add((id) => ({ id, at, kind, fields }));
  }
}
