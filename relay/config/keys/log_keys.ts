/** Keys for the log. */
import { logLevels } from "../log_levels.ts";
import { key, type Schema } from "../schema.ts";
import { LOG_AREAS } from "../../log/areas.ts";
import { oneOf, optional, path } from "../value_types.ts";

export const logKeys = {
  log_level: key({
    type: logLevels,
    default: "info",
    reason: "shows every connection and nothing per packet",
    help:
      "How much to log: error, warn, info or debug. Single areas can have a level of their own, " +
      `as in "warn,accept=debug". The areas are ${LOG_AREAS.join(", ")}.`,
    flag: "--log-level",
    reload: true,
  }),
  log_format: key({
    type: oneOf("pretty", "logfmt", "json"),
    default: "pretty",
    reason: "readable on a terminal, and the line shape scripts for the original relay know",
    help: "Shape of log lines.",
    flag: "--log-format",
    reload: true,
  }),
  log_addresses: key({
    type: oneOf("full", "masked"),
    default: "full",
    reason: "whoever looks for a fault needs them; choose masked where addresses are personal data",
    help: "Whether log lines show addresses of clients in full or without their last part.",
    flag: "--log-addresses",
    reload: true,
  }),
  log_file: key({
    type: optional(path("file")),
    default: null,
    reason: "service managers and containers collect standard output",
    help:
      "File to append log lines to instead of standard output. Opened again on SIGHUP, so that " +
      "logs can be rotated.",
    flag: "--log-file",
    reload: true,
    sample: "/var/log/wzp-relay.log",
  }),
} as const satisfies Schema;
