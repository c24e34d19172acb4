/** Log levels with overrides for single areas, as in `warn,accept=debug`, as a configuration value. */
import { LEVELS_EXPECTED, parseLevels } from "../log/levels.ts";
import { textual, type ValueType, wrong } from "./value_types.ts";

/** A level, overrides, or both. The value is the same text without spaces. */
export const logLevels: ValueType<string> = textual({
  shape: "level",
  expected: LEVELS_EXPECTED,
  read(raw) {
    if (typeof raw !== "string") return wrong(LEVELS_EXPECTED, raw);
    try {
      parseLevels(raw);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return { problems: [{ path: [], text: error.message }] };
    }
    return { value: raw.replace(/\s/g, "") };
  },
  raw: (value) => value,
});
