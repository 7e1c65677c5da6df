/** Findings as lines of text. */
import type { Finding } from "../mod.ts";

/** Longest line. */
const WIDTH = 80;
const MARKS = { warning: "!", notice: "*", info: "-" } as const;

/** What was found, each with a mark for how grave it is; empty if nothing was. */
export function findingsText(findings: readonly Finding[]): string {
  if (findings.length === 0) return "";
  return `\nFindings:\n${
    findings.map(({ severity, title, text }) =>
      wrap(`${title}. ${text}`).map((line, i) =>
        `${i === 0 ? MARKS[severity] : " "} ${line}\n`
      ).join("")
    ).join("")
  }`;
}

/** Lines that break at spaces, two letters shorter than the width. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > WIDTH - 2) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
