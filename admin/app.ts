/** The site put together: routes, who may use them, and a defined answer where there is none. */
import { Hono, type MiddlewareHandler } from "hono";
import type { AdminEnv } from "./guard/caller.ts";
import { mayRegister, operating } from "./guard/operating.ts";
import { Problem } from "./problem.ts";
import { isRegistryRequest } from "./registry/paths.ts";
import type { SiteHost } from "./site_host.ts";

/**
 * Makes a part of the site, with whole paths. A GET is for who may read; every other method is for operators only,
 * but for the registry's, and so is a GET with `operating(host)` before its handler.
 */
export type Routes = (host: SiteHost) => Hono<AdminEnv>;

export function buildApp(host: SiteHost, parts: readonly Routes[]): Hono<AdminEnv> {
  const app = new Hono<AdminEnv>();
  app.use(methodsOf(app), changes(host));
  for (const part of parts) app.route("/", part(host));
  app.notFound(() => new Problem("not_found").response());
  app.onError((error) => {
    if (error instanceof Problem) return error.response();
    host.fault(error);
    return new Problem("internal").response();
  });
  return app;
}

/** Answers 404 and 405 before anything is asked of a handler. */
function methodsOf(app: Hono<AdminEnv>): MiddlewareHandler<AdminEnv> {
  let table: readonly { readonly pattern: RegExp; readonly methods: Set<string> }[] | null = null;
  return async (context, next) => {
    table ??= methodTable(app);
    const { path, method } = context.req;
    const methods = new Set(
      table.filter(({ pattern }) => pattern.test(path)).flatMap((route) => [...route.methods]),
    );
    if (methods.size === 0) throw new Problem("not_found");
    if (!methods.has(method === "HEAD" ? "GET" : method)) {
      if (methods.has("GET")) methods.add("HEAD");
      const allow = [...methods].sort().join(", ");
      throw new Problem("method_not_allowed", {
        detail: `Allowed: ${allow}.`,
        headers: { allow },
      });
    }
    await next();
  };
}

function methodTable(app: Hono<AdminEnv>) {
  const byPath = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    // Middleware belongs to all methods and is no answer by itself.
    if (method === "ALL") continue;
    byPath.set(path, (byPath.get(path) ?? new Set()).add(method));
  }
  return [...byPath].map(([path, methods]) => ({ pattern: patternOf(path), methods }));
}

/** `:name` is one segment, `*` the rest; other forms of Hono's patterns are not used here. */
function patternOf(path: string): RegExp {
  const segments = path.split("/").map((segment) =>
    segment === "*"
      ? ".*"
      : segment.startsWith(":")
      ? "[^/]+"
      : segment.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
  );
  return new RegExp(`^${segments.join("/")}$`);
}

function changes(host: SiteHost): MiddlewareHandler<AdminEnv> {
  const operate = operating(host);
  return async (context, next) => {
    const { method, path } = context.req;
    if (method === "GET" || method === "HEAD") return await next();
    if (!isRegistryRequest(method, path)) return await operate(context, next);
    // Heart-beats of thousands of relays are no operations: they leave no line.
    mayRegister(context.req.raw.headers);
    await next();
  };
}
