/** The configuration as accept loop and log use it while the relay runs. */
import type { AcceptLimits } from "./acceptor.ts";
import type { Config } from "./config/mod.ts";
import { parseLevels } from "./log/levels.ts";
import type { LogSettings } from "./log/logger.ts";

/** Bounds of handshakes and connections. */
export function acceptLimits(config: Config): AcceptLimits {
  return {
    maxHandshakes: config.max_handshakes,
    maxHandshakesPerSource: config.max_handshakes_per_source,
    maxConnectionsPerSource: config.max_connections_per_source,
    handshakeTimeoutMs: config.handshake_timeout * 1000,
  };
}

/** What of the log can change. */
export function logSettings(config: Config): Pick<LogSettings, "format" | "levels" | "addresses"> {
  return {
    format: config.log_format,
    levels: parseLevels(config.log_level),
    addresses: config.log_addresses,
  };
}
