/** What stands over every chart: a title, a second line in a quieter colour, and the legend. */
import { COLORS, FONT_FAMILY } from "./_style.ts";

/** One line of text, or more. */
type Text = string | string[];

/** Title, second line and legend: the `plugins` of a chart's options. `labels` is what its legend needs beyond that. */
export function headingOf(
  title: Text,
  subtitle: Text,
  labels: object = {},
): Record<"title" | "subtitle" | "legend", object> {
  const font = { family: FONT_FAMILY, size: 12 };
  return {
    title: {
      display: true,
      align: "start",
      text: title,
      color: COLORS.ink,
      font: { family: FONT_FAMILY, size: 16, weight: 600 },
      padding: { top: 0, bottom: 5 },
    },
    subtitle: {
      display: true,
      align: "start",
      text: subtitle,
      color: COLORS.muted,
      font,
      padding: { top: 0, bottom: 6 },
    },
    legend: {
      position: "top",
      align: "start",
      labels: {
        usePointStyle: true,
        boxWidth: 9,
        boxHeight: 8,
        padding: 14,
        color: COLORS.ink,
        font,
        ...labels,
      },
    },
  };
}

/** For the `sort` of a legend: as listed. Chart.js would go by `order`, which says what is drawn over what. */
export function asListed(
  a: { datasetIndex?: number | undefined },
  b: { datasetIndex?: number | undefined },
): number {
  return a.datasetIndex! - b.datasetIndex!;
}
