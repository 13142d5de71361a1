import { type Leg, legOf } from '../../legs.ts';
import { PROVIDER_NAMES } from '../../names.ts';
import type { Report, ReportedCheck } from '../../report.ts';
import { anchorOf } from './anchor.ts';
import { html, type Markup } from './markup.ts';

interface DrawnLeg extends Leg {
  /** It leads to a document: where that stands, where it is known. */
  readonly document?: string | true;
}

type Of = (check: ReportedCheck) => boolean;

const inArea =
  (...areas: readonly string[]): Of =>
  ({ id }) =>
    areas.includes(id.split('/')[0] ?? '');

/**
 * The setup as it was found, client on the left, MCP server and authorization server on the right, each leg by its worst
 * finding. Colour never tells alone: words and the kind of line say the same.
 */
export function renderPicture(report: Report): Markup {
  const { setup, target, provider } = report;
  const issuers = setup?.issuers ?? [];
  const leg = (says: string, has: Of, document?: string | true): readonly DrawnLeg[] => {
    const found = legOf(report, says, has);
    return found === undefined ? [] : [{ ...found, ...(document !== undefined && { document }) }];
  };
  const server: Party = {
    name: 'MCP server',
    address: target.server,
    legs: [
      ...leg('Request without a token', inArea('challenge')),
      ...leg('Resource metadata', inArea('resource-metadata'), setup?.resource?.url ?? true),
      ...leg('Calls with an access token', inArea('access-tokens')),
    ],
  };
  const issuer: Party = {
    name: provider === 'auth0' ? `Authorization server (${PROVIDER_NAMES.auth0})` : 'Authorization server',
    address: issuers.map((each) => each.issuer).join(', '),
    legs: [
      ...leg('Server metadata and keys', inArea('issuer-metadata'), issuers[0]?.url ?? true),
      ...leg('Registration of clients', inArea('registration')),
      ...leg('Metadata documents of clients', inArea('client-documents'), true),
      ...leg('Sign-in and authorization', inArea('authorization')),
      ...leg('Token endpoint', inArea('token-endpoint')),
    ],
  };
  const [keys] = leg('Signing keys', ({ pillar }) => pillar === 'signing-key-retrieval');
  const [tenant] = leg('Tenant settings', inArea('tenant'));
  const [way] = leg('The whole way, from 401 to a tool call', inArea('flow'));
  const all = [...server.legs, ...issuer.legs, keys, tenant, way].filter((each) => each !== undefined);
  if (all.length === 0) return html``;
  return html`<figure aria-label="The setup, and what was found on each leg">
${drawing({ server, issuer, keys, tenant, way })}
<ol class="legs">${all.map(
    (
      each,
    ) => html`<li class="${each.worst}"><span>${linked(each, html`${each.says}`)}</span><span class="tone">${each.counts}</span></li>
`,
  )}</ol>
</figure>`;
}

interface Party {
  readonly name: string;
  readonly address: string;
  readonly legs: readonly DrawnLeg[];
}

interface Parts {
  readonly server: Party;
  readonly issuer: Party;
  readonly keys: DrawnLeg | undefined;
  readonly tenant: DrawnLeg | undefined;
  readonly way: DrawnLeg | undefined;
}

const WIDTH = 960;
const ROW = 50;
const CLIENT = { x: 10, width: 130 } as const;
const RIGHT = { x: 655, width: 295 } as const;
const TOP = 10;
const PAD = 14;
/** Between the two boxes on the right. */
const BETWEEN = 66;

function drawing({ server, issuer, keys, tenant, way }: Parts): Markup {
  const heightOf = (rows: number) => Math.max(rows, 2) * ROW + PAD;
  const serverHeight = heightOf(server.legs.length);
  const issuerTop = TOP + serverHeight + BETWEEN;
  const issuerHeight = heightOf(issuer.legs.length);
  const bottom = issuerTop + issuerHeight;
  return html`<svg class="wide-only" viewBox="0 0 ${WIDTH} ${bottom + TOP}" role="group" aria-label="Picture of the setup">
<rect class="box" x="${CLIENT.x}" y="${TOP}" width="${CLIENT.width}" height="${bottom - TOP}" rx="10"/>
<text class="name" x="${CLIENT.x + CLIENT.width / 2}" y="${TOP + 34}" text-anchor="middle">Client</text>
${way && wholeWay(way)}
${box(server, TOP, serverHeight)}
${server.legs.map((leg, index) => drawLeg(leg, TOP + PAD + index * ROW))}
${keys && drawKeys(keys, TOP + serverHeight, issuerTop)}
${box(issuer, issuerTop, issuerHeight)}
${issuer.legs.map((leg, index) => drawLeg(leg, issuerTop + PAD + index * ROW))}
${tenant && drawTenant(tenant, bottom)}
</svg>`;
}

function box({ name, address }: Party, y: number, height: number): Markup {
  return html`<rect class="box" x="${RIGHT.x}" y="${y}" width="${RIGHT.width}" height="${height}" rx="10"/>
<text class="name" x="${RIGHT.x + 18}" y="${y + 34}">${name}</text>
${address !== '' && html`<text class="dim" x="${RIGHT.x + 18}" y="${y + 54}">${shortened(address, 40)}</text>`}`;
}

function drawLeg(leg: DrawnLeg, top: number): Markup {
  const from = CLIENT.x + CLIENT.width;
  const y = top + 24;
  const end = RIGHT.x - (leg.document === undefined ? 10 : 30);
  return html`<g class="${leg.worst}">
${linked(leg, html`<text x="${from + 14}" y="${y - 7}">${leg.says}</text>`)}
<text class="word" x="${RIGHT.x - 38}" y="${y - 7}" text-anchor="end">${leg.counts}</text>
<path class="leg" d="M${from} ${y}H${end}"/>
${leg.document === undefined ? arrow(RIGHT.x, y) : sheet(RIGHT.x - 28, y - 16)}
${typeof leg.document === 'string' && html`<text class="dim" x="${from + 14}" y="${y + 16}">${shortened(leg.document, 74)}</text>`}
</g>`;
}

const arrow = (x: number, y: number) => html`<path class="head" d="M${x} ${y}l-13 -6v12z"/>`;

const sheet = (x: number, y: number) =>
  html`<path class="sheet" d="M${x} ${y}h13l7 7v22h-20z"/><path class="sheet" d="M${x + 13} ${y}v7h7M${x + 4} ${y + 13}h12M${x + 4} ${y + 19}h12"/>`;

function drawKeys(leg: DrawnLeg, from: number, to: number): Markup {
  const x = RIGHT.x + 36;
  const y = (from + to) / 2;
  return html`<g class="${leg.worst}"><path class="leg" d="M${x} ${from}V${to - 10}"/><path class="head" d="M${x} ${to}l-6 -13h12z"/>
${linked(leg, html`<text x="${x + 16}" y="${y - 4}">${leg.says}</text>`)}<text class="word" x="${x + 16}" y="${y + 15}">${leg.counts}</text></g>`;
}

function drawTenant(leg: DrawnLeg, bottom: number): Markup {
  const y = bottom - 52;
  return html`<g class="${leg.worst}"><circle class="dot" cx="${RIGHT.x + 24}" cy="${y + 10}" r="6"/>
${linked(leg, html`<text x="${RIGHT.x + 40}" y="${y + 15}">${leg.says}</text>`)}<text class="word" x="${RIGHT.x + 40}" y="${y + 34}">${leg.counts}</text></g>`;
}

function wholeWay(leg: DrawnLeg): Markup {
  const x = CLIENT.x + CLIENT.width / 2;
  return html`<g class="${leg.worst}">${linked(leg, html`<text x="${x}" y="${TOP + 66}" text-anchor="middle">Whole way</text>`)}
${leg.counts.split(', ').map((line, index) => html`<text class="word" x="${x}" y="${TOP + 86 + index * 18}" text-anchor="middle">${line}</text>`)}</g>`;
}

/** The words of a leg, leading to its worst finding. */
const linked = ({ first }: DrawnLeg, words: Markup) =>
  first === undefined ? words : html`<a href="#${anchorOf(first)}">${words}</a>`;

/** An address as far as there is room, its beginning and end. */
function shortened(text: string, room: number): string {
  const characters = Array.from(text);
  if (characters.length <= room) return text;
  return `${characters.slice(0, room - 13).join('')}…${characters.slice(-12).join('')}`;
}
