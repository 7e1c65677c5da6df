/** Text in pages. */
import { plain } from "./_finding.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML, in content and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => ENTITIES[letter]!);
}

/** Text from outside as HTML: on one line, of bounded length, without control and direction marks. */
export function plainHtml(text: string, length = 80): string {
  return escapeHtml(plain(text, length));
}
