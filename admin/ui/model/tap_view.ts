/** What a tap has shown so far: the last lines, and a tally for each sender. Sequence numbers are 16 bits and wrap. */
import type { TapBatch, TapItem, TapPacket, TapSender } from "./shapes.ts";

export interface PacketLine {
  readonly kind: "packet";
  readonly id: number;
  readonly packet: TapPacket;
  /** Packets of this sender that should have come before this one. */
  readonly missing: number;
  /** It came after a later one. */
  readonly late: boolean;
}

export interface OtherLine {
  readonly kind: "other";
  readonly id: number;
  readonly at: number;
  readonly text: string;
}

export type Line = PacketLine | OtherLine;

export interface SenderTally {
  readonly sender: TapSender;
  readonly packets: number;
  readonly missing: number;
  readonly codec: string;
  readonly highest: number;
  /** Packets and bytes of the last seconds, by second. */
  readonly seconds: readonly {
    readonly second: number;
    readonly packets: number;
    readonly bytes: number;
  }[];
}

export interface TapView {
  readonly lines: readonly Line[];
  readonly senders: ReadonlyMap<string, SenderTally>;
  readonly nextId: number;
  readonly packets: number;
  /** Events the relay could not send in time, and packets it left out of the sample. */
  readonly skipped: number;
  readonly unsampled: number;
}

export const MAX_LINES = 2_000;
/** Rates are over so many whole seconds. */
const RATE_SECONDS = 3;
/** Farther than this from the last number is a new beginning and no gap. */
const MAX_GAP = 1_000;

export const EMPTY_TAP: TapView = {
  lines: [],
  senders: new Map(),
  nextId: 1,
  packets: 0,
  skipped: 0,
  unsampled: 0,
};

/** With a batch added. After a hole in what the relay sent, numbers are taken up afresh: that loss is ours. */
export function addBatch(view: TapView, batch: TapBatch): TapView {
  const sampled = batch.skipped + batch.unsampled > 0;
  const senders = new Map(view.senders);
  const lines: Line[] = [];
  let { nextId, packets } = view;
  for (const event of batch.items) {
    if (!isPacket(event)) {
      lines.push({ kind: "other", id: nextId++, at: event.at, text: describe(event) });
      continue;
    }
    const key = event.from.session;
    const { tally, missing, late } = count(senders.get(key), event, sampled);
    senders.set(key, tally);
    lines.push({ kind: "packet", id: nextId++, packet: event, missing, late });
    packets += 1;
  }
  const all = [...view.lines, ...lines];
  return {
    lines: all.length > MAX_LINES ? all.slice(all.length - MAX_LINES) : all,
    senders,
    nextId,
    packets,
    skipped: view.skipped + batch.skipped,
    unsampled: view.unsampled + batch.unsampled,
  };
}

export function isPacket(event: TapItem): event is TapPacket {
  return event.kind === "packet";
}

function count(before: SenderTally | undefined, packet: TapPacket, sampled: boolean) {
  const step = before === undefined ? 1 : signed16(packet.seq - before.highest);
  const gap = step > 1 && step <= MAX_GAP && !sampled ? step - 1 : 0;
  const late = step < 0 && step >= -MAX_GAP;
  const second = Math.floor(packet.at / 1_000);
  const tally: SenderTally = {
    sender: packet.from,
    packets: (before?.packets ?? 0) + 1,
    // What comes late was counted as missing before, unless it is a repetition.
    missing: Math.max(0, (before?.missing ?? 0) + gap - Number(late && step !== 0)),
    codec: packet.codec,
    highest: late ? before!.highest : packet.seq,
    seconds: addToSecond(before?.seconds ?? [], second, packet.length),
  };
  return { tally, missing: gap, late };
}

function addToSecond(
  seconds: SenderTally["seconds"],
  second: number,
  length: number,
): SenderTally["seconds"] {
  const last = seconds.at(-1);
  if (last !== undefined && last.second >= second) {
    return [
      ...seconds.slice(0, -1),
      { second: last.second, packets: last.packets + 1, bytes: last.bytes + length },
    ];
  }
  return [...seconds, { second, packets: 1, bytes: length }].slice(-RATE_SECONDS - 1);
}

function signed16(difference: number): number {
  return difference << 16 >> 16;
}

export interface SenderRate {
  readonly packetsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly lossPct: number;
}

/** Over the last whole seconds before `now`. */
export function rateOf(tally: SenderTally, now: number): SenderRate {
  const end = Math.floor(now / 1_000);
  const counted = tally.seconds.filter(({ second }) =>
    second < end && second >= end - RATE_SECONDS
  );
  const sum = (key: "packets" | "bytes") => counted.reduce((total, one) => total + one[key], 0);
  // Who began a moment ago has not had all those seconds.
  const first = tally.seconds[0]?.second ?? end;
  const span = Math.max(1, Math.min(RATE_SECONDS, end - first));
  const expected = tally.packets + tally.missing;
  return {
    packetsPerSecond: sum("packets") / span,
    bytesPerSecond: sum("bytes") / span,
    lossPct: expected === 0 ? 0 : 100 * tally.missing / expected,
  };
}

/** The other things a tap sees, in words; names in it are text of the network and stay text. */
function describe(event: TapItem): string {
  const { kind, at: _, ...rest } = event as TapItem & Record<string, unknown>;
  const parts = Object.entries(rest).map(([key, value]) => `${key} ${phrase(value)}`);
  return [kind.replaceAll("_", " "), ...parts].join(" \u00b7 ");
}

function phrase(value: unknown): string {
  if (Array.isArray(value)) return value.map(phrase).join(", ");
  if (typeof value === "object" && value !== null) {
    const { alias, fingerprint } = value as { alias?: unknown; fingerprint?: unknown };
    return String(alias ?? fingerprint ?? JSON.stringify(value));
  }
  return value === null ? "?" : String(value);
}

/** The packets and events of a view as JSON lines. */
export function jsonLines(lines: readonly Line[]): string {
  return lines.map((line) =>
    JSON.stringify(line.kind === "packet" ? { ...line.packet, missing: line.missing } : line)
  ).join("\n") + "\n";
}
