/** Which lines are written: a level for everything and overrides per area, as in `info,quic=debug`. */
import type { Level } from "../ports/log.ts";

const RANKS: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface LevelRules {
  readonly everywhere: Level;
  readonly areas: ReadonlyMap<string, Level>;
}

/** Parses `level` and `area=level` items separated by commas. Throws RangeError with a sentence for the operator. */
export function parseLevels(text: string): LevelRules {
  let everywhere: Level | null = null;
  const areas = new Map<string, Level>();
  for (const item of text.split(",").map((part) => part.trim())) {
    const equals = item.indexOf("=");
    const level = item.slice(equals + 1).trim();
    if (!isLevel(level)) {
      throw new RangeError(
        `Cannot parse log level ${JSON.stringify(text)}: ${JSON.stringify(level)} is not one of ` +
          Object.keys(RANKS).join(", "),
      );
    }
    if (equals < 0) {
      if (everywhere !== null) {
        throw new RangeError(
          `Cannot parse log level ${JSON.stringify(text)}: two levels without an area`,
        );
      }
      everywhere = level;
      continue;
    }
    const area = item.slice(0, equals).trim();
    if (!/^[a-z0-9_]+(\.[a-z0-9_]+)*$/.test(area)) {
      throw new RangeError(
        `Cannot parse log level ${JSON.stringify(text)}: ${
          JSON.stringify(area)
        } is not the name of an area`,
      );
    }
    areas.set(area, level);
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

function isLevel(text: string): text is Level {
  return Object.hasOwn(RANKS, text);
}
