/** The URL of a web service as a configuration value. */
import { textual, type ValueType, wrong } from "./value_types.ts";

const EXPECTED =
  'an http or https URL without user name and fragment, such as "https://service.example.org"';
/** Longer than any URL people write into a configuration. */
const MAX_LENGTH = 2_048;

/** http or https only. A user name would be sent as an Authorization header, which the service does not expect. */
export const webUrl: ValueType<string> = textual({
  shape: "url",
  expected: EXPECTED,
  read(raw) {
    const url = typeof raw === "string" && raw.length <= MAX_LENGTH ? URL.parse(raw) : null;
    const good = url !== null && /^https?:\/\/[^/\\]/i.test(raw as string) &&
      url.username === "" && url.password === "" && url.hash === "";
    // Who writes a password there should not read it in a log.
    const shown = typeof raw === "string" ? raw.replace(/\/\/[^/]*@/, "//...@") : raw;
    return good ? { value: url.href } : wrong(EXPECTED, shown);
  },
  raw: (value) => value,
});
