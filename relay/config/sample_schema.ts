/** A schema with every kind of key, for tests. */
import { listenAddress } from "./address.ts";
import type { FileContent, ReadFile } from "./config_file.ts";
import { key, type Schema } from "./schema.ts";
import { boolean, list, number, optional, path, table, text } from "./value_types.ts";

const common = { reason: "it is a test", help: "Some help.", reload: true };

export const sampleSchema = {
  address: key({ ...common, type: listenAddress, default: ":1", flag: "--address", reload: false }),
  verbose: key({ ...common, type: boolean, default: false, flag: "--verbose" }),
  probes: key({
    ...common,
    type: list(listenAddress),
    default: [],
    flag: "--probe",
    sample: ["192.0.2.1:4433"],
  }),
  password: key({ ...common, type: optional(text), default: null, secret: true, sample: "secret" }),
  pin: key({
    ...common,
    type: number({ shape: "digits", min: 1000, max: 9999 }),
    default: 1234,
    secret: true,
  }),
  friends: key({
    ...common,
    type: list(table({ url: text, label: optional(text) })),
    default: [],
    sample: [{ url: "example.org", label: "Example" }],
  }),
  limits: {
    keys: {
      rooms: key({
        ...common,
        type: number({ shape: "count", min: 1, max: 10, whole: true }),
        default: 5,
        unit: "rooms",
        flag: "--max-rooms",
        short: "-r",
      }),
      path: key({ ...common, type: path("file"), default: "/x", reload: false }),
    },
  },
} as const satisfies Schema;

/** `ReadFile` over texts; what is not there does not exist. */
export function files(texts: Readonly<Record<string, string | FileContent>>): ReadFile {
  return (path) => {
    const found = Object.hasOwn(texts, path) ? texts[path] : undefined;
    if (found === undefined) return Promise.resolve({ problem: "does not exist", missing: true });
    if (typeof found !== "string") return Promise.resolve(found);
    return Promise.resolve({ bytes: new TextEncoder().encode(found) });
  };
}
