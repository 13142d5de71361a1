import type { Party } from '../../suites/check.ts';
import type { Drift, FoundDocument, FoundKey, Member, RegistrationState, Setup } from '../report.ts';

/** What changed between two states of a setup, in sentences. Pure. */
export function driftOf(before: Setup, now: Setup): readonly Drift[] {
  return [
    ...resourceDrift(before.resource, now.resource),
    ...issuersDrift(before.issuers, now.issuers),
    ...keysDrift(before, now),
    ...registrationDrift(before, now),
    ...tenantDrift(before.tenant, now.tenant),
  ];
}

/** A server that is started for the run has another port each time. */
export function withoutPort(text: string): string {
  return text.replace(/^(https?:\/\/(?:127(?:\.\d+){3}|localhost|\[::1\])):\d+/, '$1');
}

const SUBJECTS = {
  'mcp-server': 'The MCP server',
  'authorization-server': 'The authorization server',
  tenant: 'The tenant',
} as const satisfies Partial<Record<Party, string>>;

type Subject = keyof typeof SUBJECTS;

/** What an entry of a list, or a member that is there, means; `now` and `no more` are put behind it. */
const MEANINGS: Readonly<Record<string, (value: string) => string>> = {
  grant_types_supported: (value) => `offers the grant ${value}`,
  response_types_supported: (value) => `offers the response type ${value}`,
  response_modes_supported: (value) => `offers the response mode ${value}`,
  code_challenge_methods_supported: (value) => `advertises ${value} for PKCE`,
  token_endpoint_auth_methods_supported: (value) =>
    value === 'none' ? 'takes public clients at its token endpoint' : `takes clients that authenticate by ${value}`,
  scopes_supported: (value) => `names the scope ${value}`,
  authorization_servers: (value) => `names the authorization server ${value}`,
  bearer_methods_supported: (value) => `takes tokens by the method ${value}`,
  registration_endpoint: (value) => `advertises dynamic registration (${value})`,
  revocation_endpoint: (value) => `advertises revocation of tokens (${value})`,
  introspection_endpoint: (value) => `advertises introspection of tokens (${value})`,
  device_authorization_endpoint: (value) => `advertises the device flow (${value})`,
  default_audience: (value) => `gives tokens for ${value} where none was asked for`,
  default_directory: (value) => `signs users in with the connection ${value} where none was asked for`,
};

/** What `true` of a member means. */
const SWITCHES: Readonly<Record<string, string>> = {
  client_id_metadata_document_supported: 'takes clients by the URL of their metadata document',
  authorization_response_iss_parameter_supported: 'names itself in authorization responses (iss)',
  require_pushed_authorization_requests: 'requires pushed authorization requests',
  pushed_authorization_requests_supported: 'takes pushed authorization requests',
  skip_non_verifiable_callback_uri_confirmation_prompt:
    'skips the confirmation before callbacks that cannot be verified',
  'flags.enable_dynamic_client_registration': 'registers clients for whoever asks (dynamic registration)',
  'flags.enable_client_connections': 'opens all its connections to each new client',
  'flags.remove_alg_from_jwks': 'leaves alg out of its keys',
};

/** What each value of a member means. */
const CHOICES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  resource_parameter_profile: {
    compatibility: 'takes the resource of a request for the API that the token is for',
    audience: 'ignores the resource of requests',
  },
  dynamic_client_registration_security_mode: {
    strict: 'holds clients that register themselves to its strict rules',
    permissive: 'asks no PKCE of clients that register themselves',
  },
};

function resourceDrift(before: FoundDocument | undefined, now: FoundDocument | undefined): readonly Drift[] {
  const say = (about: string, says: string): Drift => ({ party: 'mcp-server', about, says });
  if (before === undefined || now === undefined) {
    if (before === now) return [];
    const about = (before ?? now)!.url;
    const is = now === undefined ? 'can be read no more' : 'can be read now';
    return [say(about, `The protected resource metadata of the MCP server ${is}.`)];
  }
  return [
    ...(withoutPort(before.url) === withoutPort(now.url)
      ? []
      : [say(now.url, `The protected resource metadata is found at another URL; it was ${before.url}.`)]),
    ...membersDrift('mcp-server', now.url, before.members, now.members),
  ];
}

type Issuers = Setup['issuers'];

function issuersDrift(before: Issuers, now: Issuers): readonly Drift[] {
  const same = (a: Issuers[number], b: Issuers[number]) => withoutPort(a.issuer) === withoutPort(b.issuer);
  return [
    ...now.flatMap((issuer): readonly Drift[] => {
      const was = before.find((each) => same(each, issuer));
      return was === undefined
        ? [drift(issuer.issuer, 'The metadata of this issuer can be read now.')]
        : membersDrift('authorization-server', issuer.issuer, was.members, issuer.members);
    }),
    ...before
      .filter((issuer) => !now.some((each) => same(each, issuer)))
      .map(({ issuer }) => drift(issuer, 'The metadata of this issuer can be read no more.')),
  ];
}

const drift = (about: string, says: string): Drift => ({ party: 'authorization-server', about, says });

type Members = FoundDocument['members'];

function membersDrift(party: Subject, about: string, before: Members, now: Members): readonly Drift[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return names
    .flatMap((name) => memberDrift(name, before[name], now[name]))
    .map((says) => ({ party, about, says: `${SUBJECTS[party]} ${says}.` }));
}

function memberDrift(name: string, before: Member | undefined, now: Member | undefined): readonly string[] {
  if (Array.isArray(before ?? now) && Array.isArray(now ?? before)) {
    const [were, are] = [entries(before), entries(now)];
    return [
      ...are.filter((value) => !has(were, value)).map((value) => `${meaningOf(name, value)} now`),
      ...were.filter((value) => !has(are, value)).map((value) => `${meaningOf(name, value)} no more`),
    ];
  }
  const [was, is] = [shown(before), shown(now)];
  if (was !== undefined && is !== undefined && withoutPort(was) === withoutPort(is)) return [];
  const meaning = SWITCHES[name];
  if (meaning !== undefined) {
    if ((before === true) !== (now === true)) return [`${meaning} ${now === true ? 'now' : 'no more'}`];
    return [];
  }
  if (was === is) return [];
  const choice = CHOICES[name]?.[is ?? ''];
  if (choice !== undefined) return [`${choice} now (${name} was ${was ?? 'not set'} and is ${is})`];
  if (was === undefined) return [`${meaningOf(name, is!)} now`];
  if (is === undefined) return [`${meaningOf(name, was)} no more`];
  return [`gives another ${name}: it was ${was} and is ${is}`];
}

const entries = (member: Member | undefined): readonly string[] =>
  Array.isArray(member) ? (member as readonly string[]) : [];

const has = (values: readonly string[], value: string) =>
  values.some((each) => withoutPort(each) === withoutPort(value));

const shown = (member: Member | undefined) =>
  member === undefined ? undefined : Array.isArray(member) ? member.join(' ') : String(member);

const meaningOf = (name: string, value: string) => MEANINGS[name]?.(value) ?? `gives ${name} (${value})`;

function keysDrift(before: Setup, now: Setup): readonly Drift[] {
  if (before.keys === undefined || now.keys === undefined) return [];
  const were = before.keys;
  return now.keys.flatMap(({ owner, keys }) => {
    const earlier = were.find((each) => withoutPort(each.owner) === withoutPort(owner))?.keys;
    return earlier === undefined ? [] : keySetDrift(earlier, keys).map((says) => drift(owner, says));
  });
}

function keySetDrift(before: readonly FoundKey[], now: readonly FoundKey[]): readonly string[] {
  const lacks = (keys: readonly FoundKey[]) => (key: FoundKey) =>
    !keys.some(({ thumbprint }) => thumbprint === key.thumbprint);
  const [came, went] = [now.filter(lacks(before)), before.filter(lacks(now))];
  const replaced = came.filter(({ kid }) => kid !== undefined && went.some((key) => key.kid === kid));
  const isReplaced = (key: FoundKey) => replaced.some(({ kid }) => kid === key.kid);
  const [added, gone] = [came, went].map((keys) =>
    keys
      .filter((key) => !isReplaced(key))
      .map(nameOf)
      .join(', '),
  );
  return [
    ...replaced.map((key) => `The key ${nameOf(key)} is another one under the same kid.`),
    ...(added !== '' && gone !== '' ? [`The signing keys were rotated: ${added} came, ${gone} went.`] : []),
    ...(added !== '' && gone === '' ? [`A signing key was added: ${added}.`] : []),
    ...(added === '' && gone !== '' ? [`A signing key was taken away: ${gone}.`] : []),
  ];
}

const nameOf = ({ kid, thumbprint }: FoundKey) => kid ?? `the one with thumbprint ${thumbprint}`;

const REGISTRATION: Readonly<Record<RegistrationState, string>> = {
  open: 'open to anybody',
  protected: 'open to those who have an initial access token',
  closed: 'closed',
};

function registrationDrift({ registration: was }: Setup, { registration: is, issuers }: Setup): readonly Drift[] {
  if (was === undefined || is === undefined || was === is) return [];
  const says = `Registration of clients is ${REGISTRATION[is]} now; it was ${REGISTRATION[was]}.`;
  return [drift(issuers[0]?.issuer ?? 'registration', says)];
}

/** Nothing is said where one of the runs was not let in: then its assurance is another, which is told. */
function tenantDrift(before: FoundDocument | undefined, now: FoundDocument | undefined): readonly Drift[] {
  if (before === undefined || now === undefined) return [];
  if (withoutPort(before.url) === withoutPort(now.url)) {
    return membersDrift('tenant', now.url, before.members, now.members);
  }
  return [
    { party: 'tenant', about: now.url, says: `The settings are of another tenant; they were read at ${before.url}.` },
  ];
}
