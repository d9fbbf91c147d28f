// One small drawing per kind of record, for the head of its card.

const SVG = "http://www.w3.org/2000/svg";

const DRAWINGS = {
  deal: "M4 8h16v11H4zM9 8V5h6v3M4 13h16M12 12v2",
  account: "M5 20V4h9v16M14 9h5v11M3 20h18M8 8h3M8 12h3M8 16h3",
  contact: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20a7.500 7.500 0 0 1 15 0",
  task: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 12.300l2.800 2.700L16 9.500",
  activity: "M4 5h16v11H10l-4.500 4v-4H4z",
  ticket: "M4 7h16v3.200a1.900 1.900 0 0 0 0 3.600V17H4v-3.200a1.900 1.900 0 0 0 0-3.600zM14 7v10",
  order: "M4 7.500L12 3l8 4.500v9L12 21l-8-4.500zM4 7.500l8 4.500 8-4.500M12 12v9",
  invoice: "M6 3h12v18l-3-2-3 2-3-2-3 2zM9.500 8h5M9.500 12h5",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20a7.500 7.500 0 0 1 15 0",
  product: "M4 7.500L12 3l8 4.500v9L12 21l-8-4.500zM4 7.500l8 4.500 8-4.500M12 12v9",
  article: "M5 4h14v16H5zM8.500 8.500h7M8.500 12h7M8.500 15.500h4",
};

// ref: "deal:12"; null when there is no drawing for its kind.
export function iconFor(ref) {
  const drawing = DRAWINGS[ref?.split(":")[0]];
  if (!drawing) return null;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "card-icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", drawing);
  svg.append(path);
  return svg;
}
