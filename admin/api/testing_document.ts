/** Checks answers against the printed `/openapi.json`, as a program that knows nothing else would. */

type Node = { readonly [key: string]: unknown };

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Node>> };
}

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, Node>> }>
  >;
}

/** What is wrong with an answer to `method path` with this status and type, or null. */
export function answerProblem(
  document: OpenApiDocument,
  path: string,
  method: string,
  status: number,
  type: string,
  body: unknown,
): string | null {
  const answer = document.paths[path]?.[method]?.responses[String(status)];
  if (answer === undefined) return `${method} ${path} is not said to answer ${status}`;
  const content = answer.content[type];
  if (content === undefined) return `${method} ${path} is not said to answer ${status} as ${type}`;
  return valueProblem(document, content["schema"] as Node, body, "body");
}

/** What is wrong with one server-sent event, or null. */
export function eventProblem(
  document: OpenApiDocument,
  path: string,
  name: string,
  data: unknown,
): string | null {
  const content = document.paths[path]?.["get"]?.responses["200"]?.content["text/event-stream"];
  const schema = (content?.["x-events"] as Record<string, Node> | undefined)?.[name];
  return schema === undefined
    ? `no event ${name} in ${path}`
    : valueProblem(document, schema, data, name);
}

const UNDERSTOOD = new Set([
  "$ref",
  "anyOf",
  "type",
  "enum",
  "properties",
  "required",
  "additionalProperties",
  "items",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "pattern",
]);

function valueProblem(
  document: OpenApiDocument,
  schema: Node,
  value: unknown,
  at: string,
): string | null {
  const strange = Object.keys(schema).find((key) => !UNDERSTOOD.has(key));
  if (strange !== undefined) return `${at}: the schema says ${strange}`;
  const { $ref, anyOf, type, minimum = -Infinity, maximum = Infinity } = schema;
  if (typeof $ref === "string") {
    const name = $ref.replace("#/components/schemas/", "");
    const target = document.components.schemas[name];
    return target === undefined
      ? `${at}: no schema ${name}`
      : valueProblem(document, target, value, at);
  }
  if (Array.isArray(anyOf)) {
    const problems = anyOf.map((choice) => valueProblem(document, choice, value, at));
    return problems.includes(null) ? null : problems.join("; ");
  }
  if (Array.isArray(schema["enum"]) && !schema["enum"].includes(value)) {
    return `${at} is ${JSON.stringify(value)}`;
  }
  switch (type) {
    case "null":
      return value === null ? null : `${at} is not null`;
    case "boolean":
      return typeof value === "boolean" ? null : `${at} is no boolean`;
    case "string":
      return typeof value === "string" ? null : `${at} is no text`;
    case "integer":
    case "number":
      return typeof value === "number" && value >= Number(minimum) && value <= Number(maximum) &&
          (type === "number" || Number.isInteger(value))
        ? null
        : `${at} is ${JSON.stringify(value)}`;
    case "array":
      if (!Array.isArray(value)) return `${at} is no list`;
      return firstProblem(
        value.map((each, index) => () =>
          valueProblem(document, schema["items"] as Node, each, `${at}[${index}]`)
        ),
      );
    case "object":
      return objectProblem(document, schema, value, at);
    default:
      return `${at}: the schema has type ${JSON.stringify(type)}`;
  }
}

function objectProblem(
  document: OpenApiDocument,
  schema: Node,
  value: unknown,
  at: string,
): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return `${at} is no object`;
  }
  const properties = (schema["properties"] ?? {}) as Record<string, Node>;
  const required = (schema["required"] ?? []) as string[];
  const missing = required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${at}.${missing} is missing`;
  return firstProblem(
    Object.entries(value).map(([name, each]) => () => {
      const known = Object.hasOwn(properties, name)
        ? properties[name]
        : schema["additionalProperties"];
      return typeof known === "object" && known !== null
        ? valueProblem(document, known as Node, each, `${at}.${name}`)
        : `${at}.${name} is not described`;
    }),
  );
}

function firstProblem(checks: readonly (() => string | null)[]): string | null {
  for (const check of checks) {
    const problem = check();
    if (problem !== null) return problem;
  }
  return null;
}
