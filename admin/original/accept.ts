/** Which of two forms of an answer a client would rather have. */

/** Whether JSON is named, and named with more weight than plain text; `*` alone is no wish. */
export function prefersJson(accept = ""): boolean {
  let json = 0;
  let text = 0;
  for (const range of accept.toLowerCase().split(",")) {
    const [type, ...parameters] = range.split(";").map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
    const quality = Number(weight);
    if (!(quality >= 0 && quality <= 1)) continue;
    if (type === "application/json") json = Math.max(json, quality);
    if (type === "text/plain" || type === "text/*") text = Math.max(text, quality);
  }
  return json > text;
}
