/** The areas of the log: the parts of the relay whose level can be set apart. */

/** One line per area, in the order readers see. */
export const LOG_AREAS = [
  "relay",
  "accept",
  "rooms",
  "calls",
  "media",
  "auth",
  "probe",
  "federation",
  "debug_tap",
  "event_log",
  "http",
  "registry",
  "wireguard",
] as const;

/** Only what is listed can be logged under, so that every area an operator may name exists. */
export type LogArea = typeof LOG_AREAS[number];

export function isLogArea(name: string): name is LogArea {
  return (LOG_AREAS as readonly string[]).includes(name);
}
