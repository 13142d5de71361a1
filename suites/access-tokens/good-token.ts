import type { EvidenceMap, Exchange } from '../../fixtures/evidence.ts';
import { protectedOperation } from '../../fixtures/protected-operation.ts';
import { describe, headerValues, isObject } from '../../fixtures/protocol/answers.ts';
import { parameter, parseChallenges } from '../../fixtures/protocol/challenges.ts';
import { resourceDocument } from '../../fixtures/protocol/documents.ts';
import { scopesIn } from '../../fixtures/trials/scopes.ts';
import { quote } from '../challenge/refusals.ts';
import type { Facts } from '../check.ts';
import { counted } from '../words.ts';

type Known = Partial<Pick<EvidenceMap, 'anonymous' | 'control' | 'resourceMetadata' | 'issuerMetadata'>>;

const UNLOCK =
  'tokens.good: a token that this server accepts; tokens.good.command, a command that prints one, has a fresh one for each run';

/**
 * Why nothing can be tested with the good token: the server has refused it from the first. Says what the token holds
 * beside what the setup says of itself, and what the server answered; `undefined` where it was served, or not tried.
 */
export function whyRefused(
  { anonymous, control, resourceMetadata, issuerMetadata }: Known,
  { server, capturedAt }: Pick<Facts, 'server' | 'capturedAt'>,
): { readonly because: string; readonly unlock: string } | undefined {
  if (anonymous === undefined || control === undefined) return undefined;
  const asked = protectedOperation(anonymous);
  if (asked === undefined || protectedOperation(anonymous, control) !== undefined) return undefined;
  const document = resourceMetadata && resourceDocument(resourceMetadata)?.document;
  const named = isObject(document) && typeof document.resource === 'string' ? document.resource : undefined;
  const issuers = (issuerMetadata?.issuers ?? []).map(({ issuer }) => issuer);
  const exchange = answerTo(control, asked);
  const seen = differences(control.token, {
    named,
    url: server.url,
    issuers,
    now: Date.parse(capturedAt) / 1000,
    ...(exchange.answer?.status === 403 && { lacks: scopeAskedFor(exchange) }),
  });
  return {
    because: `the server does not serve the good token: ${[...seen, toldIn(exchange)].join('; ')}`,
    unlock: UNLOCK,
  };
}

interface Setup {
  /** Resource identifier in its metadata; `undefined`: none was found. */
  readonly named: string | undefined;
  readonly url: string;
  /** As its metadata names them; none where it has no metadata. */
  readonly issuers: readonly string[];
  /** Seconds. */
  readonly now: number;
  /** The server knows the token, and it is not allowed enough: the scope that it asks for, where it says so. */
  readonly lacks?: string;
}

function differences({ parts, header, claims }: EvidenceMap['control']['token'], setup: Setup): readonly string[] {
  if (claims === undefined) {
    return [
      parts === 5
        ? 'it is encrypted (JWE), so what is in it cannot be seen'
        : 'it is no JWT, so what it is for cannot be seen',
    ];
  }
  const { exp, nbf, iss } = claims;
  const audiences = [claims.aud].flat().filter((aud) => aud !== undefined);
  const differing = [
    ...(typeof exp === 'number' && exp <= setup.now ? [`it expired ${spanOf(setup.now - exp)} ago`] : []),
    ...(typeof nbf === 'number' && nbf > setup.now ? [`it is good only in ${spanOf(nbf - setup.now)}`] : []),
    ...(audiences.includes(setup.named ?? setup.url)
      ? []
      : [
          `its aud is ${audiences.length === 0 ? 'missing' : audiences.map(String).join(', ')}, and ${setup.named === undefined ? `the URL of the server is ${setup.url}` : `the server calls itself ${setup.named}`}`,
        ]),
    ...(setup.issuers.length === 0 || setup.issuers.includes(String(iss))
      ? []
      : [`its iss is ${String(iss ?? 'missing')}, and the server names ${setup.issuers.join(', ')}`]),
  ];
  if (differing.length > 0) return differing;
  const further = setup.lacks === undefined ? typeSays(header) : [scopeSays(claims, setup.lacks)];
  const seen = setup.issuers.length === 0 ? 'exp and aud' : 'exp, aud and iss';
  const unseen =
    setup.issuers.length === 0 ? [`its iss is ${String(iss ?? 'missing')}, and the server names no issuer`] : [];
  return [`by its ${seen} it should be good`, ...unseen, ...further];
}

/** RFC 9068 2.1. Some libraries for JWTs take the type JWT or none unless they are told (hono/jwt). */
function typeSays(header: EvidenceMap['control']['token']['header']): readonly string[] {
  const isTyped = /^(?:application\/)?at\+jwt$/i.test(String(header?.typ));
  return isTyped
    ? [`its typ is ${String(header?.typ)} (RFC 9068), which some libraries for JWTs refuse unless they are told`]
    : [];
}

function scopeSays(claims: Readonly<Record<string, unknown>>, lacks: string): string {
  const scopes = scopesIn(claims) ?? [];
  const has = scopes.length === 0 ? 'it has no scope' : `its scopes are ${scopes.map(String).join(', ')}`;
  return lacks === '' ? has : `${has}, and the server asks for ${lacks}`;
}

/** Empty where it names none. */
function scopeAskedFor(exchange: Exchange): string {
  const { challenges } = parseChallenges(headerValues(exchange.answer, 'www-authenticate'));
  return challenges.flatMap((each) => parameter(each, 'scope') ?? []).join(' ');
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** "90 minutes": in the largest unit of which there are two. */
function spanOf(seconds: number): string {
  const [name, size] = UNITS.find(([, each]) => seconds >= 2 * each) ?? UNITS[3];
  const count = Math.max(1, Math.round(seconds / size));
  return counted(count, name);
}

/** The answer to the operation that should have been served. */
function answerTo(
  { operations }: EvidenceMap['control'],
  asked: { readonly operation: string; readonly revision: string },
): Exchange {
  const found = operations.find(
    ({ operation, revision }) => operation === asked.operation && revision === asked.revision,
  );
  return (found ?? operations[0]!).exchange;
}

function toldIn(exchange: Exchange): string {
  const challenge = headerValues(exchange.answer, 'www-authenticate').join(', ');
  return `it answered ${describe(exchange)}${challenge === '' ? '' : `, ${quote(challenge)}`}`;
}
