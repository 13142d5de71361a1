import { clean } from '../render/text.ts';

/**
 * `text` as plain words in GitHub's Markdown: data, never markup. A letter written as an entity ends mentions, references
 * to issues and links made of bare addresses, which a backslash does not.
 */
export function escapeMarkdown(text: string): string {
  return clean(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]|~]/g, '\\$&')
    .replace(/^(\d*)([-+=.])(?=\s|$)/, '$1\\$2')
    .replace(/#/g, '&#35;')
    .replace(/@/g, '&#64;')
    .replace(/:\/\//g, '&#58;//')
    .replace(/\bwww\./gi, (www) => `${www.slice(0, -1)}&#46;`);
}

/** `text` as code, whatever backticks it holds: a fence is one longer than the longest run in it (CommonMark 6.1). */
export function code(text: string): string {
  const cleaned = clean(text) || ' ';
  const longest = Math.max(0, ...(cleaned.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = cleaned.startsWith('`') || cleaned.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${cleaned}${pad}${fence}`;
}
