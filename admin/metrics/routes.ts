/** `/metrics`: everything the relay counts and what its process costs, for Prometheus. */
import { Hono } from "hono";
import type { SampledMetric } from "../../relay/ports/counters.ts";
import type { AdminEnv } from "../guard/caller.ts";
import { processMetrics, readProcess } from "./process_metrics.ts";
import { SessionSeries } from "./session_series.ts";
import { udpRelayMetrics } from "./udp_relay_metrics.ts";
import { METRICS_CONTENT_TYPE, metricsBody } from "./text.ts";
import type { SiteHost } from "../site_host.ts";

/** The part of the site that answers `/metrics`. */
export function metricsRoutes(host: SiteHost): Hono<AdminEnv> {
  const sessions = new SessionSeries(host.log, () => host.settings().sessionMetrics);
  const app = new Hono<AdminEnv>();
  app.get("/metrics", async () => {
    await host.fresh("metrics", "udpRelay", "process");
    if (sessions.shown(host.metrics())) await host.fresh("sessionMetrics");
    return new Response(metricsBody(families(), host.clock), {
      headers: { "content-type": METRICS_CONTENT_TYPE },
    });
  });
  return app;

  /** Names of processes sort before those of the relay, and those of the UDP relay after them. */
  function* families(): Generator<SampledMetric> {
    yield* processMetrics(readProcess(host.process()));
    yield* sessions.select(host.metrics());
    yield* udpRelayMetrics(host.udpRelay());
  }
}
