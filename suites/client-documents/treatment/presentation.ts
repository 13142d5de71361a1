import { placeOf, READ } from '../../../fixtures/journey.ts';
import type { Foreign } from '../../../fixtures/protocol/foreign.ts';
import { codeIn } from '../../authorization/requests.ts';
import { checks, untested } from '../../check.ts';
import { withCode } from '../../golden-authorization.ts';
import { consentPage, type ShortDocumentClient } from '../../golden-documents.ts';
import { judgesClients, type TriedClient } from './clients.ts';

/** What a person reads on the page that asks for consent; `undefined`: none was reached. */
function read({ authorization: { journey } }: TriedClient): string | undefined {
  return journey.end.kind === 'page' && journey.steps.includes(READ)
    ? `${journey.end.title} ${journey.end.says}`
    : undefined;
}

function lacks(tried: TriedClient, url: string, what: string): string | undefined {
  const text = read(tried);
  const { hostname } = new URL(url);
  const names = LOOPBACK.includes(hostname) ? LOOPBACK : [hostname];
  return text === undefined || names.some((name) => text.toLowerCase().includes(name))
    ? undefined
    : `the page that asks for consent does not have ${hostname}, ${what}: “${text.trim().slice(0, 200)}”`;
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

const page = (says: string): ShortDocumentClient => ({ end: { ...consentPage, says } });

/** A server may refuse clients that lead to another host than their own, and shows them to nobody then. */
const WITH_A_PAGE = ['redirects-elsewhere', 'page-of-its-own-host'] as const;

export const showsWhoAsks = judgesClients({
  id: 'client-documents/shows-who-asks-and-where-it-leads',
  title: 'Shows users whose client asks, and where they will be sent',
  keyword: { '2025-11-25': 'MUST' },
  severity: 'high',
  requirements: ['C24b', 'MCP-as-consent-shows-redirect-host', 'CIMD-6.4-hostname-shown', 'AUTH0-cimd-consent-name'],
  reasons: {
    'no-redirect-host': {
      says: 'The page that asks for consent to a client by metadata document does not show the host of its redirect URI: users cannot see where their code goes.',
      fix: { general: 'Show the host of the redirect URI on the page that asks for consent, clearly.' },
      trials: WITH_A_PAGE,
      expected: 'the host of the redirect URI on the page',
      wrong: (tried) => lacks(tried, placeOf(tried.authorization.redirectUri), 'the host of the redirect URI'),
      example: page('trial, described at documents.example.net, wants to use the MCP server.'),
    },
    'no-client-host': {
      says: 'The page that asks for consent does not show the host of the client’s metadata document: its name, which anybody can choose, is all that users see.',
      fix: { general: 'Show the host of the client_id beside the name of the client.' },
      keyword: 'SHOULD',
      trials: WITH_A_PAGE,
      expected: 'the host of the client_id on the page',
      wrong: (tried) => lacks(tried, tried.clientId, 'the host of the client_id'),
      example: page('trial wants to use the MCP server. You will be sent to client.example.'),
    },
    'nobody-asked': {
      says: 'A client that nobody knows gets a code without a question to the user.',
      fix: { general: 'Ask the user before a client by metadata document gets its first code.' },
      // OAuth 2.1 4.1: the decision may be had otherwise.
      keyword: 'ADVICE',
      trials: WITH_A_PAGE,
      expected: 'a page that asks the user',
      wrong: ({ authorization }) =>
        codeIn(authorization) !== undefined && authorization.journey.steps.length === 0
          ? 'a code at the first request of a client that nobody had seen'
          : undefined,
      example: { end: withCode('documentClients/redirects-elsewhere'), steps: [] },
    },
  },
  done: 'shown to the user',
  mayRefuse: true,
  lacks: ({ asked }) =>
    asked.some((tried) => (WITH_A_PAGE as readonly string[]).includes(tried.trial) && read(tried) !== undefined)
      ? undefined
      : untested(
          'no page asks users for consent to a client by metadata document',
          'an authorization server that shows its users who asks',
        ),
});

export const showsDocumentsAsText = judgesClients({
  id: 'client-documents/shows-documents-as-text',
  title: 'Shows what metadata documents say as text, and never runs it',
  keyword: { '2025-11-25': 'SHOULD' },
  severity: 'high',
  requirements: ['C30', 'C31'],
  reasons: {
    markup: {
      says: 'Markup in the client_name of a metadata document becomes part of the page that asks for consent: strangers write into it.',
      fix: { general: 'Escape every member of a metadata document where it is put into HTML.' },
      trials: ['markup'],
      expected: 'the name as text',
      wrong: (tried) => (has(tried, 'markup') ? 'the markup of the name is an element of the page' : undefined),
      example: { end: { ...consentPage, foreign: ['markup'] } },
    },
    'script-links': {
      says: 'A javascript: URI of a metadata document is a link on the page that asks for consent.',
      fix: { general: 'Link to https: URIs of metadata documents alone, and leave others out.' },
      trials: ['markup'],
      expected: 'no link to a script',
      wrong: (tried) => (has(tried, 'script-link') ? 'a link to javascript:' : undefined),
      example: { end: { ...consentPage, foreign: ['script-link'] } },
    },
  },
  done: 'shown as text, or refused',
  mayRefuse: true,
});

function has({ authorization: { journey } }: TriedClient, what: Foreign): boolean {
  return journey.end.kind === 'page' && journey.end.foreign?.includes(what) === true;
}

export const presentationChecks = checks(showsWhoAsks, showsDocumentsAsText);
