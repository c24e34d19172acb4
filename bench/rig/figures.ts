/** Numbers of several rounds: the middle one, and how far apart they are. */

/** The value below which this share of them lies; NaN of none. `sorted` is ascending. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

export function median(values: readonly number[]): number {
  return quantile([...values].sort((a, b) => a - b), 0.5);
}

/** Median with the lowest and the highest of the rounds. */
export function spread(values: readonly number[], digits = 2): string {
  const low = Math.min(...values).toFixed(digits);
  const high = Math.max(...values).toFixed(digits);
  return `${median(values).toFixed(digits)} (${low} to ${high})`;
}

/** The value of `--name=N` or `--name N` among the program's arguments. */
export function numberFlag(name: string, otherwise: number): number {
  const flag = `--${name}`;
  const at = Deno.args.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
  if (at < 0) return otherwise;
  const arg = Deno.args[at]!;
  const text = arg === flag ? Deno.args[at + 1] : arg.slice(flag.length + 1);
  const value = Number(text || NaN);
  if (value > 0 && value < Infinity) return value;
  console.error(`${flag} wants a number above 0`);
  Deno.exit(64);
}

/** Ends the program with 64 when an argument is none of these flags. */
export function onlyFlags(...names: string[]): void {
  const known = names.map((name) => `--${name}`);
  const wrong = Deno.args.find((arg, at) =>
    arg.startsWith("-")
      ? !known.includes(arg.split("=", 1)[0]!)
      : !known.includes(Deno.args[at - 1] ?? "")
  );
  if (wrong === undefined) return;
  console.error(`Cannot understand ${wrong}; flags, each with a number: ${known.join(" ")}`);
  Deno.exit(64);
}
