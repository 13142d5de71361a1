import { clean, clip, columns, hanging, type Paint, painter, type Style, wrap } from './text.ts';

export interface PageOptions {
  readonly color: boolean;
  /** Columns to wrap at. Links are left whole. */
  readonly width: number;
}

export type Line = string;

/** A page of a given width. All text goes through it, so nothing a target sent reaches a terminal unclean. */
export interface Page {
  readonly width: number;
  readonly paint: Paint;
  /** A paragraph. */
  text(text: string, options?: { readonly indent?: number; readonly style?: Style }): readonly Line[];
  /** A paragraph behind a sign. */
  item(sign: string, text: string, options?: ItemOptions): readonly Line[];
  /** A paragraph behind a label, all labels of one `hang` in one column. */
  field(label: string, text: string, options?: FieldOptions): readonly Line[];
  /** An address or a path, never broken, so that it can be followed and copied. */
  link(address: string, options?: { readonly indent?: number; readonly label?: string }): readonly Line[];
  /** Something to copy, behind a label of a finding, in one piece. */
  literal(label: string, text: string, options?: { readonly indent?: number; readonly hang?: number }): readonly Line[];
  heading(text: string): readonly Line[];
}

export interface ItemOptions {
  readonly indent?: number;
  readonly sign?: Style;
  readonly style?: Style;
}

export interface FieldOptions {
  readonly indent?: number;
  /** Columns of the label with the blanks after it. */
  readonly hang?: number;
  /** Of the label; dim unless told. */
  readonly style?: Style;
  /** Characters shown. */
  readonly limit?: number;
}

/** Columns of a label in a finding: "Expected" and two blanks. */
export const LABEL = 10;

export function createPage({ color, width }: PageOptions): Page {
  const paint = painter(color);
  const dress = (style: Style | undefined, text: string) => (style === undefined ? text : paint(style, text));
  const behind = (mark: string, text: string, layout: { indent: number; hang: number; mark?: Style; text?: Style }) => {
    const [first = '', ...rest] = hanging(text, width, { indent: layout.indent, mark, hang: layout.hang });
    const end = layout.indent + mark.length;
    const head = first.slice(0, layout.indent) + dress(layout.mark, first.slice(layout.indent, end));
    return [head + dress(layout.text, first.slice(end)), ...rest.map((line) => dress(layout.text, line))];
  };
  return {
    width,
    paint,
    text: (text, { indent = 0, style } = {}) =>
      hanging(clean(text), width, { indent }).map((line) => dress(style, line)),
    item: (sign, text, { indent = 2, sign: mark, style } = {}) =>
      behind(sign, clean(text), {
        indent,
        hang: columns(sign) + 1,
        ...(mark && { mark }),
        ...(style && { text: style }),
      }),
    field: (label, text, { indent = 4, hang = LABEL, style = 'dim', limit = 2000 } = {}) =>
      behind(label, clip(clean(text), limit), { indent, hang, mark: style }),
    link: (address, { indent = 4 + LABEL, label = '' } = {}) => [
      `${' '.repeat(indent)}${label}${paint('dim', clean(address))}`,
    ],
    literal: (label, text, { indent = 4, hang = LABEL } = {}) => [
      `${' '.repeat(indent)}${paint('dim', label)}${' '.repeat(Math.max(hang - columns(label), 1))}${clean(text)}`,
    ],
    heading: (text) => ['', ...wrap(clean(text), width).map((line) => paint('bold', line)), ''],
  };
}
