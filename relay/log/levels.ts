/** Which lines are written: a level for everything and overrides per area, as in `warn,accept=debug`. */
import { knownInstead } from "../config/nearest.ts";
import { printableName, show } from "../config/sentences.ts";
import type { Level } from "../ports/log.ts";
import { isLogArea, LOG_AREAS, type LogArea } from "./areas.ts";

const RANKS: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface LevelRules {
  readonly everywhere: Level;
  readonly areas: ReadonlyMap<LogArea, Level>;
}

/** What `parseLevels` takes, for people. */
export const LEVELS_EXPECTED =
  'one of error, warn, info, debug, with overrides for single areas as in "warn,accept=debug"';

const ITEM = /^(?:([^=]+)=)?(error|warn|info|debug)$/;

/**
 * Parses `level` and `area=level` items separated by commas. Throws RangeError, whose message continues a sentence
 * that begins with the name of the text: "must be ...".
 */
export function parseLevels(text: string): LevelRules {
  let everywhere: Level | null = null;
  const areas = new Map<LogArea, Level>();
  for (const item of text.split(",")) {
    const parts = ITEM.exec(item.trim());
    if (parts === null) throw new RangeError(`must be ${LEVELS_EXPECTED}, not ${show(text)}`);
    const area = parts[1]?.trim();
    const level = parts[2] as Level;
    if (area !== undefined && !isLogArea(area)) {
      const known = knownInstead(area, LOG_AREAS, { kind: "area", otherwise: "see --help" });
      throw new RangeError(`names an unknown area ${printableName(area)}; ${known}`);
    }
    if (area === undefined ? everywhere !== null : areas.has(area)) {
      throw new RangeError(`names the level of ${area ?? "everything"} twice`);
    }
    if (area === undefined) everywhere = level;
    else areas.set(area, level);
  }
  return { everywhere: everywhere ?? "info", areas };
}

/** The threshold of an area: its own override, or what holds everywhere. */
export function thresholdOf(rules: LevelRules, area: LogArea): Level {
  return rules.areas.get(area) ?? rules.everywhere;
}

/** Whether a line of `level` passes `threshold`. */
export function passes(level: Level, threshold: Level): boolean {
  return RANKS[level] >= RANKS[threshold];
}
