import { type Left, parameter } from '../../fixtures/journey.ts';
import { checks, defineCheck, type Finding, fail, notApplicable, pass, untested } from '../check.ts';
import { golden } from '../golden.ts';
import { ending, redirect } from '../golden-authorization.ts';
import { withIssuerDocument } from '../issuer-metadata/documents/document.ts';
import { metadataOf, type Response, responsesIn } from './answers.ts';
import { placesOf } from './requests.ts';

const ISS = 'authorization_response_iss_parameter_supported';
const WITHOUT_METADATA = [
  'no metadata of the authorization server was read',
  'metadata that leads to the authorization endpoint',
] as const;

const issuerOf = ({ end }: { readonly end: Left }) => parameter(end, 'iss');

type Wrong = 'missing' | 'missing-in-errors' | 'other-issuer';

export const namesItsIssuerInResponses = defineCheck({
  id: 'authorization/names-its-issuer-in-responses',
  title: 'Names itself by iss in authorization responses, exactly as in its metadata',
  // RFC 9207 2: of every server that says it supports it, in whatever revision.
  keyword: 'MUST',
  severity: 'high',
  party: 'authorization-server',
  pillar: 'token-issuance',
  requirements: [
    'B30',
    'B31',
    'RFC9207-2-iss-in-response',
    'RFC9207-2-iss-in-error',
    'RFC9207-2.3-iss-equals-issuer',
    'MCP-as-iss-in-success',
    'MCP-as-iss-in-error',
  ],
  assurance: 'sign-in',
  needs: ['signIn', 'authorizations', 'issuerMetadata'],
  trials: ['authorizations/prompt-none-nobody-signed-in', 'authorizations/consent-declined'],
  reasons: {
    missing: {
      says: 'The metadata promises iss in authorization responses, and a code comes back without it: clients that know RFC 9207 refuse such answers.',
      fix: {
        general: `Add iss, with the issuer of the metadata, to every authorization response, or take ${ISS} out of the metadata (RFC 9207 2, 2.3).`,
      },
    },
    'missing-in-errors': {
      says: 'The metadata promises iss in authorization responses, and errors come back without it.',
      fix: { general: 'Add iss to error responses too (RFC 9207 2).' },
    },
    'other-issuer': {
      says: 'The iss of an authorization response is not the issuer of the metadata, character by character: clients take the answer for another server’s and refuse it.',
      fix: {
        general:
          'Send the issuer of the metadata as it stands there, with or without the final slash; clients compare without normalizing (RFC 9207 2.4).',
        auth0: {
          text: 'Auth0’s issuer has a slash at its end, and iss follows the domain that was asked: use one domain, the custom one if there is one, in the metadata of the MCP server and everywhere else.',
        },
      },
    },
  },
  judge(evidence) {
    const found = metadataOf(evidence, evidence.issuerMetadata);
    if (found === undefined) return untested(...WITHOUT_METADATA);
    const { metadata, askedAs } = found;
    const responses = responsesIn(evidence);
    const isPromised = metadata[ISS] === true;
    const wrongIn = (response: Response): Wrong | undefined => {
      const iss = issuerOf(response);
      // Where the metadata has another issuer than it was asked for, that is the metadata's fault, and reported there.
      if (iss !== undefined) return iss === metadata.issuer || iss === askedAs ? undefined : 'other-issuer';
      if (!isPromised) return undefined;
      return response.kind === 'error' ? 'missing-in-errors' : 'missing';
    };
    const wrong = new Map<Wrong, Finding<Wrong>>();
    for (const response of responses) {
      const reason = wrongIn(response);
      if (reason === undefined || wrong.has(reason)) continue;
      wrong.set(reason, {
        reason,
        expected: `iss=${metadata.issuer ?? askedAs}`,
        actual: `${response.asked.journey.asks}: ${issuerOf(response) === undefined ? 'no iss' : `iss=${issuerOf(response)}`}`,
        at: placesOf(response.asked),
      });
    }
    if (wrong.size > 0) return fail([...wrong.values()]);
    if (responses.length === 0)
      return untested('no answer came back to a client', 'a client whose requests are answered');
    const named = responses.filter((response) => issuerOf(response) !== undefined);
    if (named.length === 0)
      return notApplicable('the metadata promises no iss in authorization responses, and none has it');
    const errors = named.filter(({ kind }) => kind === 'error').length;
    return pass(`${named.length} answers, ${errors} of them errors, have iss=${metadata.issuer ?? askedAs}`);
  },
  examples: {
    pass: [{ says: 'in success and error', evidence: golden }],
    fail: {
      missing: {
        says: 'none beside a code',
        evidence: ending(golden, 'state-missing', redirect({ code: '«code»' })),
      },
      'missing-in-errors': {
        says: 'none beside an error',
        evidence: ending(golden, 'consent-declined', redirect({ error: 'access_denied' })),
      },
      'other-issuer': {
        says: 'without the final slash',
        evidence: ending(golden, 'state-missing', redirect({ code: '«code»', iss: 'https://tenant.example.com' })),
      },
    },
  },
});

export const advertisesTheIssuerItSends = defineCheck({
  id: 'authorization/advertises-the-issuer-it-sends',
  title: 'Advertises that it names itself in authorization responses, if it does',
  // RFC 9207 2.3 says so of servers that support it; MCP does of all that send it, from this revision on.
  keyword: 'MUST',
  since: '2026-07-28',
  severity: 'low',
  party: 'authorization-server',
  pillar: 'token-issuance',
  requirements: ['B31', 'RFC9207-2.3-flag-set', 'MCP-as-iss-advertised'],
  assurance: 'sign-in',
  needs: ['signIn', 'issuerMetadata'],
  reasons: {
    'not-advertised': {
      says: 'Authorization responses have iss, and the metadata does not say so: clients cannot rely on it, and an attacker can leave it out.',
      fix: { general: `Set ${ISS} to true in the metadata (RFC 9207 2.3).` },
    },
  },
  judge({ signIn, issuerMetadata }) {
    const found = metadataOf({ signIn }, issuerMetadata);
    if (found === undefined) return untested(...WITHOUT_METADATA);
    const response = responsesIn({ signIn }).find((each) => issuerOf(each) !== undefined);
    if (response === undefined) return notApplicable('its authorization responses have no iss');
    const shown = `${ISS} is ${found.metadata[ISS] === undefined ? 'absent' : JSON.stringify(found.metadata[ISS])}`;
    return found.metadata[ISS] === true
      ? pass(shown)
      : fail([{ reason: 'not-advertised', expected: `${ISS}: true`, actual: shown, at: placesOf(signIn) }]);
  },
  examples: {
    pass: [{ says: 'advertised and sent', evidence: golden }],
    fail: {
      'not-advertised': { says: 'sent and not advertised', evidence: withIssuerDocument({ [ISS]: undefined }) },
    },
  },
});

export const issuerInResponsesChecks = checks(namesItsIssuerInResponses, advertisesTheIssuerItSends);
