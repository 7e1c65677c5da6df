/** Long texts with their middle left out. */

/** At most `length` characters of a text: its start and its end, and between how much was left out. */
export function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  const head = Math.ceil(length * 0.6);
  const tail = length - head;
  const left = (text.length - length).toLocaleString("en-US");
  return `${
    text.slice(0, head).toWellFormed()
  }\n… ${left} characters left out …\n${text.slice(-tail).toWellFormed()}`;
}
