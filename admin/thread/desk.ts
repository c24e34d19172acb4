/** Answers what the thread of HTTP asks of the relay, a little at a time: voice is forwarded on this side. */
import type { AdminHost } from "../../relay/ports/admin.ts";
import type { Registry } from "../../relay/ports/registry.ts";
import type { TapBatch, TapEvent, TapOptions, TapSubscription } from "../../relay/ports/tap.ts";
import type { Part } from "../site_host.ts";
import { turn } from "../turn.ts";
import type { FromDesk, Piece, ToDesk } from "./messages.ts";
import { plainParticipant, type Readers, readersOf } from "./parts.ts";
import {
  OPERATIONS,
  type QuestionName,
  type Questions,
  REGISTRY_ORDERS,
  REGISTRY_READINGS,
  type RegistryOrders,
  type RegistryReadings,
} from "./questions.ts";

/** After so long others have their turn. One packet in a hundred may meet such work, so p99 grows by no more than this. */
const SLICE_MS = 0.1;
/** Copying a row costs about as much as making it. */
const ROWS_PER_SLICE = 200;
/** How often the time is looked at. */
const ROWS_PER_LOOK = 10;

interface Reading {
  readonly part: Part;
  readonly rows: Iterator<unknown>;
}

export class Desk {
  readonly #host: AdminHost;
  readonly #post: (message: FromDesk) => void;
  readonly #answers: Partial<Record<QuestionName, (...args: never[]) => unknown>>;
  readonly #readers: Readers;
  readonly #taps = new Map<number, TapSubscription>();
  /** Each has its slice in turn, so that a short part does not wait for a long one. */
  readonly #readings: Reading[] = [];
  #busy = false;
  #closed = false;

  constructor(host: AdminHost, post: (message: FromDesk) => void) {
    this.#host = host;
    this.#post = post;
    this.#readers = readersOf(host);
    this.#answers = this.#questions();
  }

  take(order: ToDesk): void {
    switch (order.kind) {
      case "read":
        for (const { part, after } of order.parts) {
          this.#readings.push({ part, rows: this.#rowsOf(part, after) });
        }
        if (!this.#busy) void this.#work();
        break;
      case "ask":
        void this.#answer(order.id, order.what, order.args);
        break;
      case "log":
        this.#host.log[order.level](order.message, order.fields);
        break;
      case "fault":
        this.#host.fault(order.error);
        break;
      case "audit":
        this.#host.audit(order.message, order.fields);
        break;
    }
  }

  /** Read when it is their turn, which is where faults are caught. */
  *#rowsOf(part: Part, after: number): Generator<unknown> {
    yield* this.#readers[part](after);
  }

  /** Nobody asks any more. */
  close(): void {
    this.#closed = true;
    this.#readings.length = 0;
    // Those that ended before have their lines.
    if (this.#taps.size > 0) {
      this.#host.audit("taps ended", { taps: this.#taps.size, reason: "the HTTP server stopped" });
    }
    for (const tap of this.#taps.values()) tap.close();
    this.#taps.clear();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#readings.length > 0) {
      this.#post({ kind: "pieces", pieces: this.#slice() });
      await turn();
    }
    this.#busy = false;
  }

  /** As much of the parts that are being read as fits into a slice. */
  #slice(): Piece[] {
    const end = performance.now() + SLICE_MS;
    const pieces: Piece[] = [];
    for (let room = ROWS_PER_SLICE; room > 0 && performance.now() < end;) {
      const reading = this.#readings.shift();
      if (reading === undefined) break;
      const rows: unknown[] = [];
      const last = this.#gather(reading, rows, room, end);
      room -= rows.length;
      pieces.push({ part: reading.part, rows, last } as Piece);
      if (!last) this.#readings.push(reading);
    }
    return pieces;
  }

  /** Whether these are the last rows. */
  #gather({ rows: all }: Reading, rows: unknown[], most: number, end: number): boolean {
    try {
      while (rows.length < most) {
        const next = all.next();
        if (next.done) return true;
        rows.push(next.value);
        if (rows.length % ROWS_PER_LOOK === 0 && performance.now() >= end) return false;
      }
      return false;
    } catch (error) {
      // Whoever waits for this part must not wait for ever.
      this.#host.fault(error);
      return true;
    }
  }

  async #answer(id: number, what: QuestionName, args: readonly unknown[]): Promise<void> {
    try {
      const answer = this.#answers[what] as (...args: readonly unknown[]) => unknown;
      const value = await answer(...args);
      if (!this.#closed) this.#post({ kind: "answer", id, value });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (!this.#closed) this.#post({ kind: "failure", id, message });
    }
  }

  #questions(): Partial<Questions> {
    const { operations, registry, presence, route, tap } = this.#host;
    return {
      ...methods(operations, OPERATIONS),
      ...(registry === null ? {} : methods<Registry, keyof RegistryReadings | keyof RegistryOrders>(
        registry,
        [...REGISTRY_READINGS, ...REGISTRY_ORDERS],
      )),
      locate: (fingerprint) => presence.find(fingerprint),
      route,
      openTap: (number: number, options: TapOptions) => {
        this.#taps.set(number, tap.subscribe(options));
      },
      takeTap: (number, max) => plainBatch(this.#taps.get(number)!.take(max)),
      closeTap: (number) => {
        this.#taps.get(number)?.close();
        this.#taps.delete(number);
      },
    };
  }
}

/** Some methods of an object, each of them as a function. */
function methods<Of extends object, Name extends keyof Of>(
  of: Of,
  names: readonly Name[],
): Pick<Of, Name> {
  const found = names.map((name) => [name, (of[name] as () => unknown).bind(of)]);
  return Object.fromEntries(found) as Pick<Of, Name>;
}

function plainBatch({ events, ...rest }: TapBatch): TapBatch {
  return { events: events.map(plainEvent), ...rest };
}

function plainEvent(event: TapEvent): TapEvent {
  switch (event.kind) {
    case "packet":
      return { ...event, from: plainParticipant(event.from) };
    case "drop": {
      const [from, to] = [event.from, event.to].map((one) => one && plainParticipant(one));
      return { ...event, from: from ?? null, to: to ?? null };
    }
    case "join":
    case "leave":
      return { ...event, participant: plainParticipant(event.participant) };
    case "room_update":
    case "directive":
      return event;
  }
}
