/** Everything a terminal may obey or a reader may be fooled by: controls, separators, bidirectional and invisible characters. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** `text` as one harmless line: white space becomes a blank, what a terminal would obey is dropped. */
export function clean(text: string): string {
  return text
    .replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ')
    .replace(UNSAFE, '')
    .trim();
}

/** The first `limit` characters of `text`, and how many are left out when there are more. */
export function clip(text: string, limit: number): string {
  const characters = Array.from(text);
  if (characters.length <= limit) return text;
  return `${characters.slice(0, limit).join('')}… (${characters.length - limit} characters more)`;
}

/** East Asian and emoji characters take two columns. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60\u3000-\u303f]/u;
const COMBINING = /\p{M}/u;

const columnsOf = (character: string) => (COMBINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1);

/** Columns that `text` takes on a terminal. */
export function columns(text: string): number {
  let sum = 0;
  for (const character of text) sum += columnsOf(character);
  return sum;
}

/** `text` in lines of at most `width` columns, broken at blanks; a word longer than a line is broken within, a URL never. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((each) => pieces(each, width))) {
    if (line === '') line = word;
    else if (columns(line) + 1 + columns(word) <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** Where a long word may be broken: before and after a URL, behind a comma; elsewhere only what is longer than a line. */
const ATOMS = /https?:\/\/[^\s"'<>`{},;]+["'>)\]}]*[,;]?|(?:(?!https?:\/\/)[^,;])+[,;]?|[,;]/g;

function pieces(word: string, width: number): readonly string[] {
  if (columns(word) <= width) return [word];
  const found: string[] = [];
  let piece = '';
  let used = 0;
  const add = (part: string) => {
    const more = columns(part);
    if (used + more > width && piece !== '') {
      found.push(piece);
      piece = '';
      used = 0;
    }
    piece += part;
    used += more;
  };
  for (const atom of word.match(ATOMS) ?? []) {
    if (columns(atom) <= width || atom.startsWith('http')) add(atom);
    else for (const character of atom) add(character);
  }
  return [...found, piece];
}

export interface Hanging {
  /** Columns left free before the first line's `mark` and before every line. */
  readonly indent: number;
  /** What begins the first line: a sign or a label. */
  readonly mark?: string;
  /** Columns reserved for `mark`; the other lines begin after them. */
  readonly hang?: number;
}

/** `text` wrapped to `width` columns, the lines after the first hanging under the text of the first. */
export function hanging(text: string, width: number, { indent, mark = '', hang = 0 }: Hanging): readonly string[] {
  const before = ' '.repeat(indent);
  return wrap(text, Math.max(width - indent - hang, 20)).map((line, index) => {
    const margin = index === 0 ? mark + ' '.repeat(Math.max(hang - columns(mark), 0)) : ' '.repeat(hang);
    return `${before}${margin}${line}`.trimEnd();
  });
}

const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type Style = keyof typeof STYLES;

/** Dresses text that was cleaned and wrapped before. */
export type Paint = (style: Style, text: string) => string;

export function painter(color: boolean): Paint {
  return (style, text) => {
    const [on, off] = STYLES[style];
    return color && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  };
}
