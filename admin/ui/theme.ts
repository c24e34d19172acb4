/** Light or dark: as the system says, unless the visitor chose. */
import { effect, signal } from "@preact/signals";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = typeof THEMES[number];

const KEPT_AS = "wzp-theme";
const kept = localStorage.getItem(KEPT_AS);

export const theme = signal<Theme>(THEMES.find((one) => one === kept) ?? "auto");

effect(() => {
  document.documentElement.dataset.theme = theme.value;
  localStorage.setItem(KEPT_AS, theme.value);
});
