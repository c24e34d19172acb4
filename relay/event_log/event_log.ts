/** The event log: what happened in rooms, in calls and between relays, as lines of JSON for programs to read. */
import { openForAppending } from "../log/append_file.ts";
import { reasonOf, StartError } from "../start_error.ts";
import type { FederationEvents } from "../ports/federation_events.ts";
import type { RoomObserver } from "../ports/room_observer.ts";
import { EventFile, type EventFileParts } from "./event_file.ts";
import { federationEvents } from "./federation_event_lines.ts";
import { RoomEvents } from "./room_events.ts";

/** A direct call after one of its changes. */
interface CallSeen {
  readonly id: string;
  /** Fingerprints. */
  readonly caller: string;
  readonly callee: string;
  readonly state: string;
  /** How it ended. */
  readonly outcome: string | null;
}

export class EventLog {
  /** For what links bring. */
  readonly federation: FederationEvents;
  readonly #file: EventFile;
  readonly #rooms: RoomEvents;

  /** Throws what `open` throws. */
  constructor(parts: EventFileParts) {
    this.#file = new EventFile(parts);
    const write = this.#file.write.bind(this.#file);
    this.#rooms = new RoomEvents(parts.clock, write);
    this.federation = federationEvents(write);
  }

  /** Let it observe all rooms. */
  get rooms(): RoomObserver {
    return this.#rooms;
  }

  /** A direct call has changed; so it can observe all calls. */
  changed({ id, caller, callee, state, outcome }: CallSeen): void {
    this.#file.write(`call_${state}`, { reason: outcome ?? undefined, call: id, caller, callee });
  }

  /** Opens the file anew, for rotation. */
  reopen(): void {
    this.#file.reopen();
  }

  /** Writes everything that happened and closes the file. Nothing may be written after it. */
  async close(limitMs: number): Promise<void> {
    this.#rooms.flush();
    await this.#file.close(limitMs);
  }
}

/** Appends to the file at `path`, which is created when it is missing. Throws StartError when it cannot be opened. */
export function openEventLog(path: string, parts: Omit<EventFileParts, "open">): EventLog {
  const open = () => openForAppending(path);
  try {
    return new EventLog({ ...parts, open });
  } catch (error) {
    throw new StartError(
      "event_log_unusable",
      `Cannot open the event log ${path}: ${reasonOf(error)}`,
    );
  }
}
