/** For who watches over the relay: is it alive, does it take newcomers, which build is it. */
import { Hono } from "hono";
import type { AdminEnv } from "./guard/caller.ts";
import { Problem } from "./problem.ts";
import type { SiteHost } from "./site_host.ts";

export function healthRoutes(host: SiteHost): Hono<AdminEnv> {
  const app = new Hono<AdminEnv>();
  // Alive is who answers: the relay's thread is asked, not only this one.
  app.get("/healthz", async (context) => {
    await host.fresh("state");
    return context.json({ status: "ok" });
  });
  app.get("/readyz", async (context) => {
    await host.fresh("state");
    const reasons = notReady(host.state());
    if (reasons.length > 0) throw new Problem("not_ready", { more: { reasons } });
    return context.json({ status: "ready" });
  });
  app.get(
    "/version",
    (context) =>
      context.json({ name: "wzp-relay", build: host.build, tls_fingerprint: host.tlsFingerprint }),
  );
  return app;
}

interface Reason {
  readonly code: "starting" | "draining" | "stopped" | "full" | "misconfigured";
  readonly detail: string;
}

function notReady({ life, full, misconfigured }: ReturnType<SiteHost["state"]>): Reason[] {
  const reasons: Reason[] = [];
  if (life !== "serving") reasons.push({ code: life, detail: `The relay is ${life}.` });
  if (full) reasons.push({ code: "full", detail: "Every session is taken (max_sessions)." });
  for (const detail of misconfigured) reasons.push({ code: "misconfigured", detail });
  return reasons;
}
