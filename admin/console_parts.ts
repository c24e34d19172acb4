/** The bundled console: put in when the program is bundled, read from build/console/ when the relay runs from source. */

/** The page and what it loads, as text. */
export interface ConsoleParts {
  readonly html: string;
  readonly js: string;
  readonly css: string;
  readonly icon: string;
}

/** Replaced by the parts when the program is bundled (tools/build/bundle.ts). */
declare const WZP_CONSOLE: ConsoleParts | undefined;

/** Null when the relay runs from source and nobody has built the console. */
export function consoleParts(): ConsoleParts | null {
  if (typeof WZP_CONSOLE === "object") return WZP_CONSOLE;
  try {
    return JSON.parse(
      Deno.readTextFileSync(new URL("../build/console/parts.json", import.meta.url)),
    );
  } catch {
    return null;
  }
}
