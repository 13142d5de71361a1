import type { EvidenceMap } from '../../fixtures/evidence.ts';
import { registeredIn, textsOf } from '../../fixtures/protocol/registrations.ts';
import { REDIRECT_URIS, type RedirectTrialId } from '../../fixtures/trials/registration/redirect-uris.ts';
import { NATIVE_REDIRECT } from '../../fixtures/trials/registration/trial.ts';
import { codeIn } from '../authorization/requests.ts';
import { checks } from '../check.ts';
import { golden } from '../golden.ts';
import { control, journey, withCode } from '../golden-authorization.ts';
import { registering } from '../golden-registration.ts';
import { judgesRegistrations, type Made, useOf } from './trials.ts';

/** The redirect URI is registered as it was sent, but for blanks around it, which browsers trim too. */
function registeredUri({ trial, registered }: Made): string | undefined {
  const { uri } = REDIRECT_URIS[trial as RedirectTrialId];
  const kept = textsOf(registered?.redirect_uris).find((each) => each.trim() === uri.trim());
  return kept === undefined ? undefined : `${JSON.stringify(kept)} is registered`;
}

const KEPT = {
  expected: 'an error, or a client without this redirect URI',
  reads: 'redirect_uris',
  wrong: registeredUri,
} as const;

const keeping = (trial: RedirectTrialId) =>
  registering(golden, trial, { redirect_uris: [NATIVE_REDIRECT, REDIRECT_URIS[trial].uri] });

const FIX =
  'Refuse such redirect URIs at registration with invalid_redirect_uri (RFC 7591 3.2.2), or leave them out of what is registered.';

export const registersNoRedirectsThatRunScripts = judgesRegistrations({
  id: 'registration/registers-no-redirect-uris-that-run-scripts',
  title: 'Registers no redirect URI that runs scripts or opens files',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['D06', 'RFC7591-5-redirect-uri-kinds', 'RFC7591-3.2.2-invalid-redirect-uri'],
  done: 'refused, or went without it',
  reasons: {
    'dangerous-scheme': {
      says: 'A stranger can register a redirect URI that runs a script or opens a file in the browser of whoever signs in.',
      fix: { general: `${FIX} Let https through, http on loopback, and schemes that are domain names in reverse.` },
      trials: [
        'redirect-javascript',
        'redirect-data',
        'redirect-vbscript',
        'redirect-file',
        'redirect-javascript-behind-a-blank',
      ],
      ...KEPT,
      example: keeping('redirect-javascript'),
    },
  },
});

export const registersNoPlainHttpRedirects = judgesRegistrations({
  id: 'registration/registers-no-plain-http-redirect-uris',
  title: 'Registers redirect URIs with plain http on loopback alone',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['D07', 'RFC7591-5-redirect-uri-kinds'],
  done: 'refused, or went without it',
  reasons: {
    'like-loopback': {
      says: 'A redirect URI whose host only begins like localhost or a loopback address passes for one: codes go to somebody else’s host in clear text.',
      fix: { general: `${FIX} Compare the whole host with localhost, 127.0.0.1 and [::1], not its beginning.` },
      trials: ['redirect-like-localhost', 'redirect-like-loopback'],
      ...KEPT,
      example: keeping('redirect-like-localhost'),
    },
    'plain-http': {
      says: 'A client can be registered with a plain http redirect URI of a host elsewhere: codes travel in clear text.',
      fix: { general: `${FIX} Plain http is for the user’s own machine (RFC 7591 5, RFC 9700 2.6).` },
      trials: ['redirect-plain-http'],
      ...KEPT,
      example: keeping('redirect-plain-http'),
    },
  },
});

export const registersWholeRedirects = judgesRegistrations({
  id: 'registration/registers-absolute-redirect-uris-without-fragments',
  title: 'Registers absolute redirect URIs without fragments alone',
  keyword: 'MUST',
  severity: 'medium',
  requirements: ['D08', 'RFC7591-3.2.2-invalid-redirect-uri'],
  done: 'refused, or went without it',
  reasons: {
    fragment: {
      says: 'A redirect URI with a fragment is registered.',
      fix: { general: `${FIX} A redirect URI is absolute and has no fragment (RFC 6749 3.1.2).` },
      trials: ['redirect-fragment'],
      ...KEPT,
      example: keeping('redirect-fragment'),
    },
    relative: {
      says: 'A redirect URI without scheme and host is registered.',
      fix: { general: `${FIX} A redirect URI is absolute and has no fragment (RFC 6749 3.1.2).` },
      trials: ['redirect-relative'],
      ...KEPT,
      example: keeping('redirect-relative'),
    },
  },
});

/** The client of a trial was used, and got a code. */
function withUse(
  evidence: EvidenceMap,
  trial: Made['trial'],
  use: 'where-the-wildcard-fits' | 'to-anywhere',
): EvidenceMap {
  const id = `registeredClients/${trial}`;
  const asked = { ...control(id), journey: journey(id, withCode(id)), grants: [] };
  const { uses, ...rest } = evidence.registeredClients;
  return { ...evidence, registeredClients: { ...rest, uses: [...uses, { trial, use, asked }] } };
}

export const takesNoPatterns = judgesRegistrations({
  id: 'registration/takes-no-redirect-uri-for-a-pattern',
  title: 'Takes no registered redirect URI for a pattern',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['D08b', 'RFC9700-2.1-exact-redirect'],
  done: 'refused, or taken for plain text',
  reasons: {
    'wildcard-matches': {
      says: 'A client can register a wildcard, and is then sent to whatever host or path takes its place.',
      fix: {
        general: `${FIX} Compare redirect URIs as strings (RFC 9700 4.1.3): a * in one stands for itself.`,
      },
      trials: ['redirect-wildcard-host', 'redirect-wildcard-path'],
      expected: 'an error at registration, or no redirect to what merely fits the pattern',
      needs: 'where-the-wildcard-fits',
      wrong(made) {
        const asked = useOf(made, 'where-the-wildcard-fits');
        return asked !== undefined && codeIn(asked) !== undefined
          ? `the client is sent to ${asked.redirectUri} with a code`
          : undefined;
      },
      example: withUse(keeping('redirect-wildcard-host'), 'redirect-wildcard-host', 'where-the-wildcard-fits'),
    },
  },
});

export const registersNoAmbiguousRedirects = judgesRegistrations({
  id: 'registration/registers-no-ambiguous-redirect-uris',
  title: 'Registers no redirect URI that others could read differently, or share',
  keyword: 'SHOULD',
  severity: 'medium',
  requirements: ['D08b', 'RFC8252-8.4-private-scheme-reverse-dns'],
  done: 'refused, or went without it',
  reasons: {
    'scheme-without-a-domain': {
      says: 'A private-use scheme without a period is registered, which any other app on the device may claim too.',
      fix: { general: `${FIX} Schemes of apps are domain names in reverse, as com.example.app (RFC 8252 7.1, 8.4).` },
      trials: ['redirect-scheme-without-domain'],
      ...KEPT,
      example: keeping('redirect-scheme-without-domain'),
    },
    'user-name': {
      says: 'A redirect URI with a user name before its host is registered, where readers mistake one for the other.',
      fix: { general: FIX },
      keyword: 'ADVICE',
      trials: ['redirect-userinfo'],
      ...KEPT,
      example: keeping('redirect-userinfo'),
    },
    wildcard: {
      says: 'A redirect URI with a wildcard is registered, if only as plain text.',
      fix: { general: `${FIX} Clients that register one expect it to be a pattern.` },
      keyword: 'ADVICE',
      trials: ['redirect-wildcard-host', 'redirect-wildcard-path'],
      ...KEPT,
      example: keeping('redirect-wildcard-path'),
    },
  },
});

const withoutUris = (trial: 'no-redirect-uris' | 'empty-redirect-uris') =>
  registering(golden, trial, { redirect_uris: [] });

export const requiresRedirectUris = judgesRegistrations({
  id: 'registration/requires-redirect-uris',
  title: 'Registers no client of the code grant without a redirect URI',
  keyword: 'MUST',
  severity: 'high',
  requirements: ['D05', 'RFC7591-2-redirect-uris-required-for-code', 'AUTH0-dcr-redirect-required'],
  done: 'refused',
  reasons: {
    'sent-anywhere': {
      says: 'A client that registered no redirect URI is sent with a code to whatever place its request names.',
      fix: {
        general:
          'Refuse registrations of the code grant without redirect_uris (RFC 7591 2), and authorization requests whose redirect URI is not registered.',
      },
      trials: ['no-redirect-uris', 'empty-redirect-uris'],
      expected: 'an error at registration, or no redirect',
      wrong(made) {
        const asked = useOf(made, 'to-anywhere');
        return asked !== undefined && codeIn(asked) !== undefined
          ? `the client is sent to ${asked.redirectUri} with a code`
          : undefined;
      },
      example: withUse(withoutUris('no-redirect-uris'), 'no-redirect-uris', 'to-anywhere'),
    },
    'registered-without': {
      says: 'A client of the code grant is registered without a redirect URI.',
      fix: {
        general:
          'Refuse registrations of the code grant without redirect_uris with invalid_redirect_uri (RFC 7591 2, 3.2.2).',
      },
      keyword: 'SHOULD',
      trials: ['no-redirect-uris', 'empty-redirect-uris'],
      expected: 'an error',
      wrong: ({ exchange, registered }) =>
        registered !== undefined && textsOf(registeredIn(exchange)?.redirect_uris).length === 0
          ? 'a client without a redirect URI'
          : undefined,
      example: withoutUris('empty-redirect-uris'),
    },
  },
});

export const redirectUriChecks = checks(
  registersNoRedirectsThatRunScripts,
  registersNoPlainHttpRedirects,
  registersWholeRedirects,
  takesNoPatterns,
  registersNoAmbiguousRedirects,
  requiresRedirectUris,
);
