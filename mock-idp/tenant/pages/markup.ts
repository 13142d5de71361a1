/** HTML that may stand in a page as it is. */
export interface Markup {
  readonly html: string;
}

export type Insertion = Markup | string | number | undefined | readonly Markup[];

/** Markup from a template: what is inserted is text, and escaped, unless it is markup already. */
export function html(parts: TemplateStringsArray, ...insertions: readonly Insertion[]): Markup {
  const inserted = insertions.map(asHtml);
  return { html: parts.map((part, index) => part + (inserted[index] ?? '')).join('') };
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function asHtml(insertion: Insertion): string {
  if (insertion === undefined) return '';
  if (typeof insertion === 'string' || typeof insertion === 'number') return escapeHtml(String(insertion));
  return 'html' in insertion ? insertion.html : insertion.map(({ html }) => html).join('');
}
