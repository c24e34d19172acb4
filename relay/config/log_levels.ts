/** Log levels with overrides for single areas, as in `info,quic=debug`. */
import { textual, type ValueType, wrong } from "./value_types.ts";

const EXPECTED = "one of error, warn, info, debug, with overrides for single areas as in " +
  '"info,quic=debug"';

/** A level, overrides, or both; areas may have dots. The value is the same text without spaces. */
export const logLevels: ValueType<string> = textual({
  shape: "level",
  expected: EXPECTED,
  read(raw) {
    if (typeof raw !== "string") return wrong(EXPECTED, raw);
    const areas = new Set<string>();
    const items = raw.split(",").map((item) => item.trim());
    for (const item of items) {
      const parts = /^(?:([a-z0-9_]+(?:\.[a-z0-9_]+)*)=)?(?:error|warn|info|debug)$/.exec(item);
      if (!parts) return wrong(EXPECTED, raw);
      const area = parts[1] ?? "";
      if (areas.has(area)) {
        const text = `names the level of ${area || "everything"} twice`;
        return { problems: [{ path: [], text }] };
      }
      areas.add(area);
    }
    return { value: items.join(",") };
  },
  raw: (value) => value,
});
