/** JSON written piece by piece: with `chunked` a long answer lets others through while it is written. */

/** Texts that are the value together. Lists and objects down to `depth` are taken apart. */
export function* jsonTexts(value: unknown, depth = 2): Generator<string> {
  if (depth === 0 || typeof value !== "object" || value === null) {
    yield JSON.stringify(value);
    return;
  }
  const isList = Array.isArray(value);
  yield isList ? "[" : "{";
  let first = true;
  for (const [key, each] of Object.entries(value)) {
    if (each === undefined) continue;
    const comma = first ? "" : ",";
    yield isList ? comma : `${comma}${JSON.stringify(key)}:`;
    yield* jsonTexts(each, depth - 1);
    first = false;
  }
  yield isList ? "]" : "}";
}
