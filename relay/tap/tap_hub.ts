/** The tap for programs: every subscriber has its own bounded queue and sample, and nobody listening costs nothing. */
import {
  codecOf,
  fecBlockOf,
  fecSymbolOf,
  isRepair,
  payloadLengthOf,
  seqOf,
  timestampOf,
} from "../../proto/media_header.ts";
import type { Clock } from "../../quic/clock.ts";
import type { DropReason, ParticipantView, RoomObserver } from "../ports/room_observer.ts";
import type { Tap, TapBatch, TapEvent, TapOptions, TapSubscription } from "../ports/tap.ts";
import { Ring } from "./ring.ts";
import { Sampler } from "./sampler.ts";

export interface TapHubParts {
  readonly clock: Clock;
  /** Adds an observer to all rooms; the answer removes it. */
  readonly observe: (observer: RoomObserver) => () => void;
  /** For samples: 0 to below 1. */
  readonly random: () => number;
}

/** A few seconds of a sample for a reader that comes by once a second. */
const DEFAULT_CAPACITY = 1024;
/** As many as a screen can show. */
const DEFAULT_SAMPLES_PER_SECOND = 100;

export class TapHub implements Tap {
  readonly #parts: TapHubParts;
  readonly #subscribers = new Set<Subscriber>();
  #stop: () => void = () => {};

  constructor(parts: TapHubParts) {
    this.#parts = parts;
  }

  subscribe(options: TapOptions): TapSubscription {
    const subscriber = new Subscriber(this.#parts, options, () => {
      if (this.#subscribers.delete(subscriber) && this.#subscribers.size === 0) this.#stop();
    });
    this.#subscribers.add(subscriber);
    if (this.#subscribers.size === 1) {
      this.#stop = this.#parts.observe(observerFor(this.#subscribers, this.#parts.clock));
    }
    return subscriber;
  }
}

class Subscriber implements TapSubscription {
  readonly #room: string | null;
  readonly #ring: Ring<TapEvent>;
  readonly #onClose: () => void;
  readonly #packets: Sampler;
  readonly #drops: Sampler;
  #skipped = 0;
  #unsampled = 0;

  constructor({ clock, random }: TapHubParts, options: TapOptions, onClose: () => void) {
    const { capacity = DEFAULT_CAPACITY, samplesPerSecond = DEFAULT_SAMPLES_PER_SECOND } = options;
    this.#room = options.room;
    this.#ring = new Ring(capacity);
    this.#packets = new Sampler(clock, samplesPerSecond, random);
    this.#drops = new Sampler(clock, samplesPerSecond, random);
    this.#onClose = onClose;
  }

  take(max = Infinity): TapBatch {
    const batch = {
      events: this.#ring.take(max),
      skipped: this.#skipped,
      unsampled: this.#unsampled,
    };
    this.#skipped = 0;
    this.#unsampled = 0;
    return batch;
  }

  close(): void {
    this.#ring.take(Infinity);
    this.#onClose();
  }

  wants(room: string | null): boolean {
    return this.#room === null || this.#room === room;
  }

  wantsPacket(room: string): boolean {
    return this.wants(room) && this.#sample(this.#packets);
  }

  wantsDrop(room: string | null): boolean {
    return this.wants(room) && this.#sample(this.#drops);
  }

  add(event: TapEvent): void {
    if (this.#ring.push(event)) this.#skipped += 1;
  }

  #sample(sampler: Sampler): boolean {
    if (sampler.take()) return true;
    this.#unsampled += 1;
    return false;
  }
}

/** Makes an event once, and only when somebody wants it. */
function observerFor(subscribers: ReadonlySet<Subscriber>, clock: Clock): RoomObserver {
  const tell = (room: string, event: TapEvent) => {
    for (const subscriber of subscribers) if (subscriber.wants(room)) subscriber.add(event);
  };
  return {
    packet(from, bytes, fanOut) {
      let event: TapEvent | null = null;
      for (const subscriber of subscribers) {
        if (!subscriber.wantsPacket(from.room)) continue;
        subscriber.add(event ??= packetEvent(clock.wall(), from, bytes, fanOut));
      }
    },
    dropped(from, to, reason) {
      const room = from?.room ?? to?.room ?? null;
      let event: TapEvent | null = null;
      for (const subscriber of subscribers) {
        if (!subscriber.wantsDrop(room)) continue;
        subscriber.add(event ??= dropEvent(clock.wall(), from, to, reason));
      }
    },
    joined(participant) {
      tell(participant.room, { kind: "join", at: clock.wall(), participant });
    },
    left(participant, forwarded, roomClosed) {
      const at = clock.wall();
      tell(participant.room, { kind: "leave", at, participant, forwarded, roomClosed });
    },
    roomUpdate(room, aliases) {
      tell(room, { kind: "room_update", at: clock.wall(), room, aliases: [...aliases] });
    },
    directive(room, codec, reason) {
      tell(room, { kind: "directive", at: clock.wall(), room, codec, reason });
    },
  };
}

function packetEvent(
  at: number,
  from: ParticipantView,
  bytes: Uint8Array,
  fanOut: number,
): TapEvent {
  return {
    kind: "packet",
    at,
    from,
    seq: seqOf(bytes),
    codec: codecOf(bytes),
    timestamp: timestampOf(bytes),
    fecBlock: fecBlockOf(bytes),
    fecSymbol: fecSymbolOf(bytes),
    repair: isRepair(bytes),
    length: payloadLengthOf(bytes),
    fanOut,
  };
}

function dropEvent(
  at: number,
  from: ParticipantView | null,
  to: ParticipantView | null,
  reason: DropReason,
): TapEvent {
  return { kind: "drop", at, from, to, reason };
}
