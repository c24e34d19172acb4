/** Which of a long list of relays to look at first: known good ones, then some of every region. Pure. */
import type { RelayRecord } from "../../proto/registry_record.ts";

export interface SelectionOptions {
  readonly limit: number;
  /** Round trips of earlier runs, by address. */
  readonly remembered: ReadonlyMap<string, number>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * At most `limit` that `accept` lets through, in the order of the list. Half of the places go to relays that were
 * near in earlier runs; of the others every region gets its share, so that whoever moved finds the near one.
 * Relays that take nobody come last.
 */
export function selectRelays(
  records: readonly RelayRecord[],
  { limit, remembered, random }: SelectionOptions,
  accept: (record: RelayRecord) => boolean,
): RelayRecord[] {
  const chosen = new Set<RelayRecord>();
  const asked = new Set<RelayRecord>();
  const take = (record: RelayRecord, upTo: number) => {
    if (chosen.size >= upTo || asked.has(record)) return;
    asked.add(record);
    if (accept(record)) chosen.add(record);
  };
  const near = records.filter((record) => remembered.has(record.addr) && takesClients(record))
    .sort((a, b) => remembered.get(a.addr)! - remembered.get(b.addr)!);
  for (const record of near) take(record, limit >> 1);
  for (const open of [true, false]) {
    const rest = records.filter((record) => takesClients(record) === open);
    for (const record of byTurns(shuffledRegions(rest, random))) {
      if (chosen.size >= limit) break;
      take(record, limit);
    }
  }
  return records.filter((record) => chosen.has(record));
}

/** Neither draining nor full. */
export function takesClients({ draining, load, capacity }: RelayRecord): boolean {
  return !draining && load < capacity;
}

function shuffledRegions(records: readonly RelayRecord[], random: () => number): RelayRecord[][] {
  const regions = [...Map.groupBy(records, ({ region }) => region).values()];
  for (const region of regions) {
    for (let i = region.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [region[i], region[j]] = [region[j]!, region[i]!];
    }
  }
  return regions;
}

/** The first of each, then the second of each, and so on. */
function* byTurns<T>(lists: readonly (readonly T[])[]): Generator<T> {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  for (let i = 0; i < longest; i++) for (const list of lists) if (i < list.length) yield list[i]!;
}
