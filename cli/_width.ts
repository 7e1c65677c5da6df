/** Columns that text takes on a terminal. (The function for it in Deno std lacks its data in the package on npm.) */

const NONE = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const WIDE = new RegExp(
  "^[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Yi}" +
    "\\p{Emoji_Presentation}\\u3000-\\u303e\\uff01-\\uff60\\uffe0-\\uffe6]$",
  "u",
);
const PLAIN = /^[\x20-\x7e]*$/;

/** Columns of a text without control characters: two for a wide character, none for one that goes on top of another. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const char of text) {
    width += NONE.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  }
  return width;
}

/** As much of a text as fits into so many columns. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = "", width = 0;
  for (const char of text) {
    width += widthOf(char);
    if (width > columns) break;
    kept += char;
  }
  return kept;
}
