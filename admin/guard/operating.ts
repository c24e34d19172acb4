/** Rules for requests that change something, and the line each of them leaves in the log. */
import type { MiddlewareHandler } from "hono";
import type { AdminHost } from "../../relay/ports/admin.ts";
import type { Fields } from "../../relay/ports/log.ts";
import { Problem } from "../problem.ts";
import type { AdminEnv, Caller } from "./caller.ts";

/** Paths come from the network; the log need not hold all of one. */
const MAX_SHOWN = 200;

/** Throws `Problem` when this request must not change anything. `json`: it must be written as application/json. */
export function mayOperate({ scope }: Caller, headers: Headers, json: boolean): void {
  notFromElsewhere(headers);
  if (scope === "read" && headers.has("authorization")) throw new Problem("operate_needed");
  if (scope !== "operate") {
    throw new Problem("unauthorized", {
      detail: "Operating needs the token; its path is in the log.",
      headers: { "www-authenticate": 'Bearer realm="wzp-relay"' },
    });
  }
  if (json) writtenAsJson(headers);
}

/** The same for the registry, where a signature or a party's token lets in: who got past the guard may ask. */
export function mayRegister(headers: Headers): void {
  notFromElsewhere(headers);
  writtenAsJson(headers);
}

/** A page of another site must not use a browser that is let in here. */
function notFromElsewhere(headers: Headers): void {
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin") throw new Problem("cross_site");
}

function writtenAsJson(headers: Headers): void {
  if (!/^application\/json *(?:;|$)/i.test(headers.get("content-type") ?? "")) {
    throw new Problem("unsupported_media_type");
  }
}

/**
 * Put it before a GET that only an operator may make, such as a tap. Other methods have it anyway. What the route puts
 * into `audit` is in the line.
 */
export function operating(
  host: Pick<AdminHost, "audit" | "log">,
): MiddlewareHandler<AdminEnv> {
  return async (context, next) => {
    const { caller } = context.env;
    const { method, path } = context.req;
    const fields = { by: caller.source, what: `${method} ${path.slice(0, MAX_SHOWN)}` };
    try {
      mayOperate(caller, context.req.raw.headers, method !== "GET" && method !== "HEAD");
    } catch (error) {
      const outcome = error instanceof Problem ? error.code : "internal";
      host.log.warn("operation refused", { ...fields, outcome });
      throw error;
    }
    await next();
    const added: Fields = context.get("audit") ?? {};
    const { error, res } = context;
    const outcome = error instanceof Problem ? error.code : res.ok ? "ok" : String(res.status);
    host.audit("operation", { ...fields, ...added, outcome });
  };
}
