/** Log levels with overrides for single areas, as in `info,quic=debug`. */
import { textual, type ValueType, wrong } from "./value_types.ts";

export const LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = typeof LEVELS[number];

export interface LogLevels {
  readonly level: LogLevel;
  /** Areas with a level of their own. */
  readonly areas: Readonly<Record<string, LogLevel>>;
}

const EXPECTED = `one of ${
  LEVELS.join(", ")
}, with overrides for single areas as in "info,quic=debug"`;

const DEFAULT_LEVEL: LogLevel = "info";

/** A level, then `area=level` as often as needed. */
export const logLevels: ValueType<LogLevels> = textual({
  shape: "level",
  expected: EXPECTED,
  read(raw) {
    if (typeof raw !== "string") return wrong(EXPECTED, raw);
    let level: LogLevel | undefined;
    const areas = new Map<string, LogLevel>();
    for (const item of raw.split(",")) {
      const parts = /^(?:([a-z][a-z0-9_]*)=)?(error|warn|info|debug)$/.exec(item.trim());
      if (!parts) return wrong(EXPECTED, raw);
      const [, area, named] = parts;
      const seen = area === undefined ? level !== undefined : areas.has(area);
      if (seen) {
        const text = `names the level of ${area ?? "everything"} twice`;
        return { problems: [{ path: [], text, got: raw }] };
      }
      if (area === undefined) level = named as LogLevel;
      else areas.set(area, named as LogLevel);
    }
    return { value: { level: level ?? DEFAULT_LEVEL, areas: Object.fromEntries(areas) } };
  },
  raw: ({ level, areas }) => {
    return [level, ...Object.entries(areas).map(([area, own]) => `${area}=${own}`)].join(",");
  },
});
