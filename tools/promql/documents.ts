/** The expressions in the Grafana dashboard and in the alert rules, with the labels their texts use. */
import { readSmallYaml, type Yaml } from "./small_yaml.ts";

/** An expression as a document has it. */
export interface Quoted {
  /** Panel or alert. */
  readonly where: string;
  readonly expression: string;
  /** Labels that a legend or an annotation shows. */
  readonly shown: readonly string[];
}

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Every rule of a rules file. Throws when one has a key too many, too few, or of another form. */
export function alertRules(text: string): AlertRule[] {
  const file = mapping(readSmallYaml(text), ["groups"], "the file");
  return list(file["groups"], "groups").flatMap((group) => {
    const { name, rules } = mapping(group, ["name", "rules"], "a group");
    return list(rules, String(name)).map((rule) => {
      const where = `a rule of ${name}`;
      const read = mapping(rule, ["alert", "expr", "for", "labels", "annotations"], where);
      const texts = (key: string, keys: string[]) =>
        textsOf(mapping(read[key], keys, `${key} of ${where}`));
      const [alert, expr, lasting] = [read["alert"], read["expr"], read["for"]];
      if (typeof alert !== "string" || typeof expr !== "string" || typeof lasting !== "string") {
        throw new Error(`${where} is no rule`);
      }
      return {
        alert,
        expr,
        for: lasting,
        labels: texts("labels", ["severity"]),
        annotations: texts("annotations", ["summary", "description"]),
      };
    });
  });
}

/** The expressions of alert rules. */
export function quotedInAlerts(rules: readonly AlertRule[]): Quoted[] {
  return rules.map(({ alert, expr, annotations }) => ({
    where: alert,
    expression: expr,
    shown: Object.values(annotations).flatMap((text) =>
      [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label!)
    ),
  }));
}

/** The part of a Grafana dashboard that is looked at. */
export interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly {
    readonly expr: string;
    readonly legendFormat: string;
    readonly refId: string;
  }[];
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query?: string | { readonly query: string };
}

/** The expressions of a dashboard with what Grafana puts in the place of its variables. */
export function quotedInDashboard({ panels, templating }: Dashboard): Quoted[] {
  const names = new Set(templating.list.map(({ name }) => name));
  const inPanels = panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({
      where: title,
      expression: filledIn(expr, names),
      shown: [...legendFormat.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label]) => label!),
    }))
  );
  const inVariables = templating.list.filter(({ type }) => type === "query").map(
    ({ name, query }) => {
      const text = typeof query === "string" ? query : query?.query ?? "";
      const [, expression, label] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? [];
      if (expression === undefined) throw new Error(`The variable ${name} asks for ${text}`);
      return { where: `$${name}`, expression: filledIn(expression, names), shown: [label!] };
    },
  );
  return [...inPanels, ...inVariables];
}

/** Grafana's own variables that stand for durations. */
const DURATIONS = ["__rate_interval", "__interval", "__range"];

function filledIn(expression: string, names: ReadonlySet<string>): string {
  return expression.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced?: string, bare?: string) => {
    const name = braced ?? bare!;
    if (DURATIONS.includes(name)) return "5m";
    if (names.has(name)) return "anything";
    throw new Error(`There is no variable ${name}, in ${expression}`);
  });
}

function mapping(value: Yaml | undefined, keys: readonly string[], what: string) {
  if (typeof value !== "object" || isList(value)) throw new Error(`${what} is no mapping`);
  const found = Object.keys(value);
  if (found.toSorted().join() !== keys.toSorted().join()) {
    throw new Error(`${what} has ${found.join()}, not ${keys.join()}`);
  }
  return value;
}

function list(value: Yaml | undefined, what: string): readonly Yaml[] {
  if (value === undefined || !isList(value)) throw new Error(`${what} is no list`);
  return value;
}

function isList(value: Yaml): value is readonly Yaml[] {
  return Array.isArray(value);
}

function textsOf(values: Readonly<Record<string, Yaml>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      if (typeof value !== "string") throw new Error(`${key} is no text`);
      return [key, value];
    }),
  );
}
