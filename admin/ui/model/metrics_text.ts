/** Reads the text of /metrics back into numbers, for showing them. */

export interface MetricSample {
  readonly name: string;
  readonly labels: string;
  readonly value: number;
}

export interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly MetricSample[];
}

const SAMPLE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/;

/** Families in the order of the text; what cannot be read is left out. */
export function parseMetrics(text: string): MetricFamily[] {
  const families = new Map<string, { type: string; help: string; samples: MetricSample[] }>();
  const familyOf = (name: string) => {
    const found = families.get(name);
    if (found !== undefined) return found;
    const made = { type: "untyped", help: "", samples: [] };
    families.set(name, made);
    return made;
  };
  for (const line of text.split("\n")) {
    const [, kind, name, rest = ""] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      if (kind === "HELP") familyOf(name).help = rest;
      else familyOf(name).type = rest;
      continue;
    }
    const sample = SAMPLE.exec(line);
    if (sample === null) continue;
    const [, full = "", labels = "", value = ""] = sample;
    const base = full.replace(/_(?:bucket|sum|count)$/, "");
    const family = families.has(full) ? full : families.has(base) ? base : full;
    familyOf(family).samples.push({ name: full, labels, value: Number(value) });
  }
  return [...families].map(([name, family]) => ({ name, ...family }));
}
