import { clean } from '../render/text.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * `text` for XML and HTML, as content or inside a quoted attribute: data, never markup, one line without controls. A blank
 * at either end stays.
 */
export function escapeXml(text: string): string {
  const [before, after] = [/^\s/.test(text) ? ' ' : '', /\S\s$/.test(text) ? ' ' : ''];
  return escapeOnly(`${before}${clean(text)}${after}`);
}

/** Lines stay lines; each is cleaned of what XML forbids (XML 1.0, 2.2) and readers are fooled by. */
export function escapeLines(text: string): string {
  return text.split(/\r?\n/).map(cleanIndented).map(escapeOnly).join('\n');
}

/** Like `clean`, and blanks at the beginning of a line stay. */
function cleanIndented(line: string): string {
  const [indent = ''] = /^ */.exec(line) ?? [];
  return indent + clean(line);
}

const escapeOnly = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
