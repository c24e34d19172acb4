/** The region of a relay as a configuration value, no wider than what every registry takes. */
import { textual, type ValueType, wrong } from "./value_types.ts";

const MAX_REGION = 32;
const REGION =
  `text of at most ${MAX_REGION} characters, not empty, without "|" and without invisible characters`;

/** A region that a registry would refuse keeps the whole relay from being listed. */
export const relayRegion: ValueType<string> = textual({
  shape: "region",
  expected: REGION,
  read(raw) {
    const good = typeof raw === "string" && raw !== "" && raw.length <= MAX_REGION &&
      raw.isWellFormed() && !/[|\p{C}\p{Zl}\p{Zp}]/u.test(raw);
    return good ? { value: raw } : wrong(REGION, raw);
  },
  raw: (value) => value,
});
