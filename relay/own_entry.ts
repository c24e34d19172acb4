/** Finds entries of the configuration that stand for this relay itself, which only its identity shows. */
import { type Input, type Loaded, placeInFile } from "./config/mod.ts";

/** A sentence for each of `peers` and `trusted` that has this fingerprint (64 hex digits). */
export async function ownEntries(
  { config, configPath, sources }: Loaded,
  { readFile }: Pick<Input, "readFile">,
  fingerprint: string,
): Promise<string[]> {
  const problems: string[] = [];
  for (const name of ["peers", "trusted"] as const) {
    const index = config[name].findIndex((entry) => entry.fingerprint.includes(fingerprint));
    if (index < 0) continue;
    const source = sources[name] ?? name;
    const fromFile = configPath !== null && !source.startsWith("WZP_");
    const begin = fromFile
      ? `${await placeInFile(readFile, configPath, [name, index, "fingerprint"])}: ${name}`
      : source;
    problems.push(`${begin}[${index}].fingerprint is that of this relay itself: remove the entry`);
  }
  return problems;
}
