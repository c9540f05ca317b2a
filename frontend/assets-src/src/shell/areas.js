// The sidebar shows one area at a time: where one works, the organisation's settings, or one's own account.
const NOWHERE = { label: "", icon: "", sections: [] };

export function isAt(item, path) {
  if (item.path === "/") return path === "/";
  return [item.path, ...item.covers].some((own) => path === own || path.startsWith(`${own}/`));
}

export function areaOf(areas, path) {
  return areas.find((area) => itemsOf(area).some((item) => isAt(item, path))) || areas[0] || NOWHERE;
}

// Every entry with the names of where it stands, for the palette.
export function entriesOf(areas) {
  return areas.flatMap((area) => area.sections.flatMap((section) =>
    section.items.map((item) => ({ ...item, where: [area.label, section.label].filter(Boolean).join(" › ") }))));
}

export function itemsOf(area) {
  return area.sections.flatMap((section) => section.items);
}
