/** The relay that is tried when nobody names one: put in when the program is bundled. */

/** Replaced by a string when the program is bundled; see tools/build/bundle.ts. */
declare const WZP_DEFAULT_RELAY: string | undefined;

/** As a user would write it in `--relays`. */
export function builtInRelay(): string {
  return typeof WZP_DEFAULT_RELAY === "string" && WZP_DEFAULT_RELAY !== ""
    ? WZP_DEFAULT_RELAY
    : "127.0.0.1:4433";
}
