/** Which lines are written: a level for everything and overrides per area, as in `info,quic=debug`. */
import type { Level } from "../ports/log.ts";

const RANKS: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface LevelRules {
  readonly everywhere: Level;
  readonly areas: ReadonlyMap<string, Level>;
}

/** What `parseLevels` takes, for people. */
export const LEVELS_EXPECTED =
  'one of error, warn, info, debug, with overrides for single areas as in "info,quic=debug"';

const ITEM = /^(?:([a-z0-9_]+(?:\.[a-z0-9_]+)*)=)?(error|warn|info|debug)$/;

/**
 * Parses `level` and `area=level` items separated by commas. Throws RangeError, whose message says what is wrong with
 * the text in the form "must be ...".
 */
export function parseLevels(text: string): LevelRules {
  let everywhere: Level | null = null;
  const areas = new Map<string, Level>();
  for (const item of text.split(",")) {
    const parts = ITEM.exec(item.trim());
    if (parts === null) throw new RangeError(`must be ${LEVELS_EXPECTED}`);
    const area = parts[1];
    const level = parts[2] as Level;
    if (area === undefined ? everywhere !== null : areas.has(area)) {
      throw new RangeError(`names the level of ${area ?? "everything"} twice`);
    }
    if (area === undefined) everywhere = level;
    else areas.set(area, level);
  }
  return { everywhere: everywhere ?? "info", areas };
}

/** The threshold of an area: its own override, else that of the area it is part of (`quic` for `quic.deno`). */
export function thresholdOf(rules: LevelRules, area: string): Level {
  for (let name = area; name !== ""; name = name.slice(0, Math.max(0, name.lastIndexOf(".")))) {
    const level = rules.areas.get(name);
    if (level !== undefined) return level;
  }
  return rules.everywhere;
}

/** Whether a line of `level` passes `threshold`. */
export function passes(level: Level, threshold: Level): boolean {
  return RANKS[level] >= RANKS[threshold];
}
