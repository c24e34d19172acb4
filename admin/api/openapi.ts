/** `/openapi.json`: the endpoints and their shapes, for programs that make clients of it. */
import { type ProblemCode, problemCodes } from "../problem.ts";
import { type Endpoint, ENDPOINTS, type FeedEndpoint, FEEDS } from "./endpoints.ts";
import { REGISTRY_ENDPOINTS } from "../registry/endpoints.ts";
import { ORIGINAL_ENDPOINTS } from "./original_shapes.ts";
import { type JsonSchema, namedParts, reference, type Schema } from "./schema.ts";
import { Outcome, Problem } from "./shapes.ts";

/** What any request may be answered, whatever the endpoint. */
const ALWAYS: readonly ProblemCode[] = [
  "bad_request",
  "bad_parameter",
  "unauthorized",
  "foreign_host",
  "too_many_attempts",
];
const OF_CHANGES: readonly ProblemCode[] = [
  "cross_site",
  "body_too_large",
  "unsupported_media_type",
];

const ALL: readonly (Endpoint | FeedEndpoint)[] = [
  ...Object.values<Endpoint>(ENDPOINTS),
  ...Object.values<FeedEndpoint>(FEEDS),
  ...Object.values<Endpoint>(ORIGINAL_ENDPOINTS),
  ...Object.values<Endpoint>(REGISTRY_ENDPOINTS),
];

/** The document, in OpenAPI 3.1. */
export function openApi(build: string): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const endpoint of ALL) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: operation(endpoint) };
  }
  const schemas = [...namedParts([Problem, Outcome, ...ALL.flatMap(schemasOf)])];
  return {
    openapi: "3.1.0",
    info: { title: "wzp-relay", version: "1", description: `Build ${build}.` },
    servers: [{ url: "/" }],
    security: [{ token: [] }, {}],
    paths,
    components: {
      schemas: Object.fromEntries(schemas.map(([name, schema]) => [name, schema.json()])),
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "Reading needs none from the relay's own machine; operating always does.",
        },
      },
    },
  };
}

function schemasOf(endpoint: Endpoint | FeedEndpoint): Schema<unknown>[] {
  const answers = "events" in endpoint ? Object.values(endpoint.events) : [endpoint.answer];
  return endpoint.body === undefined ? answers : [...answers, endpoint.body];
}

function operation(endpoint: Endpoint | FeedEndpoint): JsonSchema {
  const { method, summary, query, body, status = 200 } = endpoint;
  const changes = method !== "get" || endpoint.operate === true;
  const operates = changes && endpoint.registry !== true;
  const problems = [
    ...ALWAYS,
    ...(changes ? OF_CHANGES : []),
    ...(operates ? ["operate_needed"] as const : []),
    ...(endpoint.problems ?? []),
  ];
  return {
    summary,
    ...(operates ? { security: [{ token: [] }] } : {}),
    parameters: [
      ...[...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
        name,
        in: "path",
        required: true,
        schema: { type: "string" },
      })),
      ...Object.entries(query).map(([name, schema]) => ({
        name,
        in: "query",
        schema: schema.json(),
      })),
    ],
    ...(body === undefined ? {} : {
      requestBody: { required: true, content: { "application/json": { schema: reference(body) } } },
    }),
    responses: { [status]: answer(endpoint), ...problemAnswers(problems) },
  };
}

function answer(endpoint: Endpoint | FeedEndpoint): JsonSchema {
  if (!("events" in endpoint)) {
    const schema = reference(endpoint.answer);
    return { description: "Done", content: { "application/json": { schema } } };
  }
  const events = Object.entries(endpoint.events).map(([name, schema]) => [name, reference(schema)]);
  return {
    description: `Server-sent events: ${Object.keys(endpoint.events).join(", ")}`,
    content: {
      "text/event-stream": { schema: { type: "string" }, "x-events": Object.fromEntries(events) },
    },
  };
}

function problemAnswers(codes: readonly ProblemCode[]): Record<string, JsonSchema> {
  const byStatus = Map.groupBy(
    problemCodes().filter(({ code }) => codes.includes(code)),
    ({ status }) => status,
  );
  return Object.fromEntries(
    [...byStatus].map(([status, problems]) => [status, {
      description: problems.map(({ code, title }) => `${code}: ${title}`).join("; "),
      content: { "application/problem+json": { schema: reference(Problem) } },
    }]),
  );
}
