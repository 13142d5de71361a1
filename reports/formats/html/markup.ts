import { escapeXml } from '../xml.ts';

/** Text that is markup on purpose; all other text is data. */
export interface Markup {
  readonly markup: string;
}

type Content = Markup | string | number | undefined | false | readonly Content[];

/** A template whose values are escaped unless they are markup themselves; `undefined` and `false` are nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  const markup = strings.reduce((all, string, index) => all + contentOf(values[index - 1]) + string);
  return { markup };
}

/** Markup that was escaped elsewhere. */
export const raw = (markup: string): Markup => ({ markup });

function contentOf(value: Content): string {
  if (value === undefined || value === false) return '';
  if (typeof value === 'string' || typeof value === 'number') return escapeXml(String(value));
  return isMarkup(value) ? value.markup : value.map(contentOf).join('');
}

const isMarkup = (value: Markup | readonly Content[]): value is Markup => 'markup' in value;
