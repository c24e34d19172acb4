/** The configuration as the HTTP server uses it. */
import { join } from "node:path";
import type { SocketAddress } from "../proto/socket_address.ts";
import type { Config } from "./config/mod.ts";
import type { AdminSettings } from "./ports/admin.ts";

type HttpConfig = Pick<
  Config,
  | "http_listen"
  | "metrics_port"
  | "admin_token_file"
  | "state_dir"
  | "behind_tls"
  | "http_hosts"
  | "metrics_public"
  | "session_metrics"
  | "registry"
>;

/** Loopback addresses of both families; each relay has them to itself by its port. */
const LOOPBACK = ["127.0.0.1", "::1"];
const EVERYWHERE = ["::", "0.0.0.0"];

/** `quicPort`: the one in the configuration, so 0 where the system chooses, or the one that is known since. */
export function adminSettings(config: HttpConfig, quicPort: number): AdminSettings {
  return {
    listen: httpAddresses(config, quicPort),
    implied: config.metrics_port === null &&
      (config.http_listen === null ||
        (config.http_listen !== "off" && config.http_listen.port === null)),
    tokenFile: config.admin_token_file,
    stateDir: join(config.state_dir),
    behindTls: config.behind_tls,
    hosts: config.http_hosts,
    metricsPublic: config.metrics_public,
    sessionMetrics: config.session_metrics,
    registryPublic: config.registry.enabled && config.registry.public,
  };
}

/** Where the HTTP server listens, none when it is off. */
export function httpAddresses(
  { http_listen, metrics_port }: Pick<Config, "http_listen" | "metrics_port">,
  quicPort: number,
): SocketAddress[] {
  if (http_listen === "off") return [];
  const port = http_listen?.port ?? metrics_port ?? quicPort;
  const ips = http_listen === null
    ? LOOPBACK
    : http_listen.ip === ""
    ? EVERYWHERE
    : [http_listen.ip];
  return ips.map((ip) => ({ ip, port }));
}
