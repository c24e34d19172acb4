/** What became of a set of tests, and how it is read from the JUnit file Deno writes. */

export interface Outcome {
  readonly passed: number;
  /** Names of what failed. */
  readonly failed: readonly string[];
  /** Names of what was skipped; a name carries its reason. */
  readonly skipped: readonly string[];
}

export const NOTHING: Outcome = { passed: 0, failed: [], skipped: [] };

export function sum(outcomes: readonly Outcome[]): Outcome {
  return {
    passed: outcomes.reduce((total, { passed }) => total + passed, 0),
    failed: outcomes.flatMap(({ failed }) => failed),
    skipped: outcomes.flatMap(({ skipped }) => skipped),
  };
}

/** `N passed, M failed`, and the skipped ones if there are any. */
export function summary({ passed, failed, skipped }: Outcome): string {
  const more = skipped.length > 0 ? `, ${skipped.length} skipped` : "";
  return `${passed} passed, ${failed.length} failed${more}`;
}

/** Reads Deno's JUnit report. */
export function readJunit(xml: string): Outcome {
  let passed = 0;
  const failed: string[] = [];
  const skipped: string[] = [];
  for (const [, attributes = "", body = ""] of xml.matchAll(TEST_CASE)) {
    const name = `${attribute(attributes, "classname")}: ${attribute(attributes, "name")}`;
    if (/<(?:failure|error)\b/.test(body)) failed.push(name);
    else if (/<skipped\b/.test(body)) skipped.push(name);
    else passed++;
  }
  return { passed, failed, skipped };
}

const TEST_CASE = /<testcase\b((?:\s+[\w-]+="[^"]*")*)\s*(?:\/>|>([^]*?)<\/testcase>)/g;

function attribute(attributes: string, name: string): string {
  const text = attributes.match(new RegExp(`(?:^|\\s)${name}="([^"]*)"`))?.[1] ?? "";
  return text.replace(
    /&(lt|gt|quot|apos|amp);/g,
    (_, entity: keyof typeof ENTITIES) => ENTITIES[entity],
  );
}

const ENTITIES = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" } as const;
