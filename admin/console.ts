/** Serves the console: one page, its script, its style and its icon. All data the page asks the API for. */
import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import type { AdminEnv } from "./guard/caller.ts";
import { type ConsoleParts, consoleParts } from "./console_parts.ts";
import type { SiteHost } from "./site_host.ts";

/** Without a build the way to one. */
const NOT_BUILT =
  "The console is not built. Run `tools/deno run -A tools/build/console.ts`, or ./compile.sh for the executable.\n";

/** Asked again each time, so that whoever works on the console sees the newest build. */
export function consoleRoutes(
  _host: SiteHost,
  parts: () => ConsoleParts | null = consoleParts,
): Hono<AdminEnv> {
  const app = new Hono<AdminEnv>();
  const serve = (path: string, part: keyof ConsoleParts, type: string) =>
    app.get(path, (context) => {
      const found = parts();
      if (found === null) return context.text(NOT_BUILT, 503);
      return answer(context, found[part], type);
    });
  serve("/", "html", "text/html; charset=utf-8");
  serve("/console.js", "js", "text/javascript; charset=utf-8");
  serve("/console.css", "css", "text/css; charset=utf-8");
  serve("/icon.svg", "icon", "image/svg+xml");
  return app;
}

/** Kept by browsers, but never used unasked: after an update no page may run with an old script. */
function answer(context: Context<AdminEnv>, text: string, type: string): Response {
  const tag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  const headers = { "cache-control": "no-cache", etag: tag };
  if (context.req.header("if-none-match") === tag) return context.body(null, 304, headers);
  return context.body(text, 200, { ...headers, "content-type": type });
}
