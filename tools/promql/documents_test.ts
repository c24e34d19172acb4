import assert from "node:assert/strict";
import { join } from "node:path";
import { root } from "../house/root.ts";
import { checkPromql } from "./check.ts";
import {
  alertRules,
  type Dashboard,
  type Panel,
  type Quoted,
  quotedInAlerts,
  quotedInDashboard,
} from "./documents.ts";
import { knownMetrics } from "./known_metrics.ts";
import { parsePromql } from "./parser.ts";

const known = knownMetrics();
const rules = alertRules(Deno.readTextFileSync(join(root, "docs/alerts.yml")));
const dashboard: Dashboard = JSON.parse(
  Deno.readTextFileSync(join(root, "docs/grafana-dashboard.json")),
);

/** Sentences about what is wrong with an expression. */
function mistakes({ where, expression, shown }: Quoted): string[] {
  try {
    const { type, labels } = checkPromql(parsePromql(expression), known);
    return [
      ...type === "vector" ? [] : [`${where}: is a ${type}`],
      ...shown.filter((label) => !labels.has(label)).map((label) =>
        `${where}: shows ${label}, which ${expression} does not have`
      ),
    ];
  } catch (error) {
    return [`${where}: ${(error as Error).message}, in ${expression}`];
  }
}

Deno.test("every expression of the alert rules can be parsed and names what exists", () => {
  const quoted = quotedInAlerts(rules);
  assert.ok(quoted.length >= 20);
  assert.deepEqual(quoted.flatMap(mistakes), []);
});

Deno.test("every expression of the dashboard can be parsed and names what exists", () => {
  const quoted = quotedInDashboard(dashboard);
  assert.ok(quoted.length >= 60);
  assert.deepEqual(quoted.flatMap(mistakes), []);
});

Deno.test("alerts have names of their own, a duration, a severity and whole sentences", () => {
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  for (const { alert, for: lasting, labels, annotations } of rules) {
    assert.match(alert, /^Wzp[A-Za-z]+$/);
    assert.match(lasting, /^\d+m$/, alert);
    assert.match(labels["severity"]!, /^(?:warning|critical)$/, alert);
    assert.match(annotations["description"]!, /^["A-Z{].*\.$/, alert);
    for (const text of Object.values(annotations)) {
      const marks = [...text.matchAll(/\{\{(.*?)\}\}/g)].map(([, inside]) => inside!);
      for (const mark of marks) assert.match(mark, /^ \$(?:value|labels\.\w+) $/, alert);
      assert.equal(text.split("{{").length - 1, marks.length, alert);
    }
  }
});

Deno.test("panels have numbers of their own, say what they show and do not overlap", () => {
  const { panels } = dashboard;
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const [index, panel] of panels.entries()) {
    const { title, type, description, targets = [] } = panel;
    assert.ok(title !== "", `${panel.id}`);
    if (type !== "row") assert.ok(description!.endsWith(".") && targets.length > 0, title);
    assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
    assert.ok(panel.gridPos.x + panel.gridPos.w <= 24, title);
    for (const other of panels.slice(index + 1)) {
      assert.ok(!overlap(panel, other), `${title} and ${other.title}`);
    }
  }
});

Deno.test("the dashboard has its six parts", () => {
  const rows = dashboard.panels.filter(({ type }) => type === "row").map(({ title }) => title);
  assert.deepEqual(rows, [
    "Relay health",
    "Call quality",
    "Loss recovery",
    "Peers and mesh",
    "Federation",
    "Registry and UDP relay",
  ]);
});

Deno.test("a metric, a label or a value that does not exist is found in either document", () => {
  for (
    const [expression, shown, pattern] of [
      ["wzp_relay_active_session", [], /no metric wzp_relay_active_session/],
      ["sum by (peers) (wzp_federation_peer_status)", [], /peers/],
      ['wzp_relay_calls_total{outcome="compleated"}', [], /compleated/],
      ["wzp_relay_active_sessions", ["peer"], /shows peer/],
      ["rate(wzp_relay_active_sessions[5m])", [], /no counter/],
      ["wzp_relay_active_sessions[5m]", [], /is a matrix/],
      ["sum(", [], /where a value belongs/],
    ] as const
  ) assert.match(mistakes({ where: "x", expression, shown }).join(), pattern);
  const unknown = { ...dashboard, panels: [panelOf("up{job='$jobs'}")] };
  assert.throws(() => quotedInDashboard(unknown), /no variable jobs/);
});

function panelOf(expr: string): Panel {
  const gridPos = { x: 0, y: 0, w: 1, h: 1 };
  const targets = [{ expr, legendFormat: "", refId: "A" }];
  return { id: 1, type: "timeseries", title: "x", gridPos, targets };
}

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
