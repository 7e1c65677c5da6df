/** Makes the SVG that Skia writes small, scalable and readable aloud, without changing what it shows. */

/** `title` is what a screen reader says. */
export function tidySvg(svg: string, title: string): string {
  const escaped = title.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
  return mergePaths(
    // A hundredth of a pixel is enough.
    svg.replace(/\d+\.\d{3,}/g, (number) => String(+Number(number).toFixed(2))),
  ).replace(
    /(<svg\b[^>]*? width="(\d+)" height="(\d+)"[^>]*)>/,
    `$1 viewBox="0 0 $2 $3" role="img">\n\t<title>${escaped}</title>`,
  );
}

const PATH = /^(\s*<path .*)\bd="([^"]*)"\/>$/;

/** Makes one path of neighbours that look the same: a thousand points of a colour become one element. */
function mergePaths(svg: string): string {
  const lines: string[] = [];
  let look = "", data: string[] = [];
  const flush = () => {
    if (data.length > 0) lines.push(`${look}d="${data.join("")}"/>`);
    data = [];
  };
  for (const line of svg.split("\n")) {
    const [, attributes, d] = PATH.exec(line) ?? [];
    if (attributes === undefined || attributes !== look) flush();
    if (attributes === undefined || d === undefined) {
      lines.push(line);
      look = "";
      continue;
    }
    // Where see-through paths overlap, two are darker than one of both.
    if (attributes.includes("opacity")) flush();
    look = attributes;
    data.push(d);
  }
  flush();
  return lines.join("\n");
}
