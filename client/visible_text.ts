/** Text of strangers on its way to a terminal: nothing in it may move the cursor, hide or turn text around. */

/** Cut to `most` characters, with everything that is not a visible character or a plain space replaced. */
export function visibleText(text: string, most = 120): string {
  const characters = [...text.replace(/[^\P{C}]|[^\P{Z} ]/gu, "?")];
  return characters.length > most
    ? `${characters.slice(0, most).join("")}...`
    : characters.join("");
}
