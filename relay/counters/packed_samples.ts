/** The samples of a metric in a few flat lists, which cost a fraction of what an object for each of them does. */

/** One line of a metrics page: `name + suffix`, labels, value. */
export interface Sample {
  /** `_bucket`, `_sum` or `_count` for histograms, else empty. */
  readonly suffix: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: number;
}

export interface PackedSamples {
  readonly values: Float64Array;
  /** Of each value; null when all are empty. */
  readonly suffixes: readonly string[] | null;
  /** A value has labels of these names or, where `labelled` says so, only the first few of them. */
  readonly names: readonly string[];
  readonly labelled: Uint8Array | null;
  /** What the labels of one value after the other say. The same object as long as nothing comes or goes. */
  readonly texts: readonly string[];
}

export function* samplesOf(
  { values, suffixes, names, labelled, texts }: PackedSamples,
): Generator<Sample> {
  let text = 0;
  for (const [place, value] of values.entries()) {
    const count = labelled?.[place] ?? names.length;
    const labels: [string, string][] = [];
    for (let label = 0; label < count; label++) labels.push([names[label]!, texts[text++]!]);
    yield { suffix: suffixes?.[place] ?? "", labels, value };
  }
}
