/** The rooms as somebody sees them who looks on while they work: a sample of packets, and everything else that happens. */
import type { CodecId } from "../../proto/codec.ts";
import type { DropReason, ParticipantView } from "./room_observer.ts";

interface TapEventOf<Kind extends string> {
  readonly kind: Kind;
  /** Unix time in milliseconds. */
  readonly at: number;
}

export interface TapPacket extends TapEventOf<"packet"> {
  readonly from: ParticipantView;
  readonly seq: number;
  readonly codec: CodecId;
  readonly timestamp: number;
  readonly fecBlock: number;
  readonly fecSymbol: number;
  readonly repair: boolean;
  /** Bytes of payload. */
  readonly length: number;
  readonly fanOut: number;
}

export interface TapDrop extends TapEventOf<"drop"> {
  readonly from: ParticipantView | null;
  readonly to: ParticipantView | null;
  readonly reason: DropReason;
}

export interface TapJoin extends TapEventOf<"join"> {
  readonly participant: ParticipantView;
}

export interface TapLeave extends TapEventOf<"leave"> {
  readonly participant: ParticipantView;
  readonly forwarded: number;
  readonly roomClosed: boolean;
}

export interface TapRoomUpdate extends TapEventOf<"room_update"> {
  readonly room: string;
  readonly aliases: readonly (string | null)[];
}

export interface TapDirective extends TapEventOf<"directive"> {
  readonly room: string;
  readonly codec: string;
  readonly reason: string;
}

export type TapEvent =
  | TapPacket
  | TapDrop
  | TapJoin
  | TapLeave
  | TapRoomUpdate
  | TapDirective;

export interface TapOptions {
  /** Only what happens in this room; null for all rooms. */
  readonly room: string | null;
  /** Events that wait for `take` at most; the oldest make room for the newest. */
  readonly capacity?: number;
  /** Packets and drops taken per second, each; above that a random sample of them. */
  readonly samplesPerSecond?: number;
}

/** What happened since the last `take`. */
export interface TapBatch {
  /** Oldest first. */
  readonly events: readonly TapEvent[];
  /** Events that had to make room because nobody took them in time. */
  readonly skipped: number;
  /** Packets and drops that were left out of the sample. */
  readonly unsampled: number;
}

export interface TapSubscription {
  /** At most `max` events; the rest stays for the next call. */
  take(max?: number): TapBatch;
  /** Nothing is gathered any more. Whoever does not close goes on to cost time and memory. */
  close(): void;
}

/** Costs the media path nothing while there is no subscription. */
export interface Tap {
  subscribe(options: TapOptions): TapSubscription;
}
