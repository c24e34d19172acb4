/** Serves an endpoint: reads its parameters and body as described, and writes the answer piece by piece. */
import type { Context, Hono } from "hono";
import { chunked } from "../chunked.ts";
import type { AdminEnv } from "../guard/caller.ts";
import { Problem } from "../problem.ts";
import type { Endpoint } from "./endpoints.ts";
import { jsonTexts } from "./json_text.ts";
import type { InferFields, Schema } from "./schema.ts";

type Query = Endpoint["query"];

export interface Asked<Q extends Query, Body> {
  readonly query: InferFields<Q>;
  readonly body: Body;
  /** A part of the path. */
  readonly param: (name: string) => string;
  readonly context: Context<AdminEnv>;
}

/** Lets the endpoint be answered by `handle`, which may throw `Problem`. */
export function serve<Q extends Query, Body, Answer>(
  app: Hono<AdminEnv>,
  endpoint: Endpoint<Q, Body, Answer>,
  handle: (asked: Asked<Q, Body>) => NoInfer<Answer> | Promise<NoInfer<Answer>>,
): void {
  const { body, query, status = 200 } = endpoint;
  app.on(endpoint.method, honoPath(endpoint.path), async (context) => {
    const value = await handle({
      query: readQuery(context, query),
      body: (body === undefined ? undefined : await readBody(context, body)) as Body,
      param: (name) => context.req.param(name) ?? "",
      context,
    });
    return new Response(chunked(jsonTexts(value)), {
      status,
      headers: { "content-type": "application/json" },
    });
  });
}

/** `{name}` as Hono spells it. */
export function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ":$1");
}

/** Throws `Problem` for a parameter that is unknown, comes twice or has a value it cannot have. */
export function readQuery<Q extends Query>(
  { req }: Context<AdminEnv>,
  known: Q,
): InferFields<Q> {
  const found: Record<string, unknown> = {};
  for (const [name, text] of new URL(req.url).searchParams) {
    const schema = Object.hasOwn(known, name) ? known[name] : undefined;
    if (schema === undefined) {
      const names = Object.keys(known).join(", ");
      throw wrong(names === "" ? "No parameters are known here" : `Known parameters are ${names}`);
    }
    if (Object.hasOwn(found, name)) throw wrong(`${name} is given twice`);
    const value = schema.json()["type"] === "integer" ? integerOf(text) : text;
    const problem = schema.check(value, name);
    if (problem !== null) throw wrong(problem);
    found[name] = value;
  }
  return found as InferFields<Q>;
}

async function readBody<Body>({ req }: Context<AdminEnv>, schema: Schema<Body>): Promise<Body> {
  const text = await req.text();
  let value: unknown;
  try {
    value = text === "" ? {} : JSON.parse(text);
  } catch {
    throw new Problem("bad_request", { detail: "The body is not JSON." });
  }
  const problem = schema.check(value, "body");
  if (problem !== null) throw wrong(problem);
  return value as Body;
}

function integerOf(text: string): number {
  return /^\d{1,16}$/.test(text) ? Number(text) : NaN;
}

function wrong(sentence: string): Problem {
  return new Problem("bad_parameter", { detail: `${sentence}.` });
}
