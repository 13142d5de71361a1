import { isScheme } from '../../fixtures/protocol/challenges.ts';
import { resourceDocument } from '../../fixtures/protocol/documents.ts';
import { defineCheck, fail, notApplicable, pass, untested } from '../check.ts';
import { answering, golden, unauthorized, WITH_INVALID_TOKEN, WITHOUT_TOKEN } from '../golden.ts';
import { gather, noRefusal, quote, type Refusal, refusalsOfInvalidTokens, refusalsWithoutToken } from './refusals.ts';

const isEmpty = ({ fields }: Refusal) => fields.every((field) => field.trim() === '');
/** DPoP stands in for Bearer at a server that takes bound tokens only (RFC 9449 7.1). */
const offersToken = ({ parsed }: Refusal) =>
  parsed.challenges.some((each) => isScheme(each, 'Bearer') || isScheme(each, 'DPoP'));
const schemes = ({ parsed }: Refusal) => parsed.challenges.map(({ scheme }) => scheme).join(', ') || 'no scheme';

/** Names under which gateways hide the field: they rename what they may not send themselves. */
function hidden({ exchange }: Refusal): readonly [string, string] | undefined {
  return exchange.answer?.headers.find(([name]) => /.+www-authenticate$/i.test(name)) as [string, string] | undefined;
}

export const sendsAChallengeWith401 = defineCheck({
  id: 'challenge/sends-a-challenge-with-401',
  title: 'Sends WWW-Authenticate with each 401',
  keyword: 'MUST',
  severity: 'high',
  party: 'mcp-server',
  requirements: [
    'RFC9110-11.6.1-401-has-challenge',
    'RFC6750-3-www-authenticate-present',
    'MCP-challenge-oauth21-error-format',
    'AUTH0-rs-401',
  ],
  assurance: 'anonymous',
  needs: ['anonymous'],
  uses: ['challenge'],
  reasons: {
    missing: {
      says: 'A 401 carries no WWW-Authenticate field.',
      fix: {
        general: 'Send WWW-Authenticate: Bearer resource_metadata="URL of your resource metadata" with every 401.',
      },
    },
    'stripped-by-proxy': {
      says: 'A gateway in front of the server renames WWW-Authenticate, so clients never see the challenge.',
      fix: {
        general:
          'Let the gateway pass WWW-Authenticate through. Amazon API Gateway renames it to x-amzn-remapped-www-authenticate: map it back with a gateway response for UNAUTHORIZED, or put the server behind a load balancer instead.',
      },
    },
  },
  judge(evidence) {
    const refusals = refusalsWithoutToken(evidence);
    if (refusals.length === 0) return noRefusal();
    const breaches = refusals.filter(isEmpty).map((refusal) => {
      const renamed = hidden(refusal);
      return renamed === undefined
        ? { reason: 'missing' as const, actual: 'a 401 without WWW-Authenticate', at: refusal.exchange.id }
        : {
            reason: 'stripped-by-proxy' as const,
            actual: `${renamed[0]}: ${quote(renamed[1])}`,
            at: refusal.exchange.id,
          };
    });
    const findings = gather(breaches, 'at least one challenge in WWW-Authenticate');
    return findings.length > 0 ? fail(findings) : pass(`${refusals.length} answers with status 401 carry a challenge`);
  },
  examples: {
    pass: [{ says: 'a challenge on each', evidence: golden }],
    fail: {
      missing: { says: 'a bare 401', evidence: answering(WITHOUT_TOKEN, { status: 401 }) },
      'stripped-by-proxy': {
        says: 'the field renamed',
        evidence: answering(WITHOUT_TOKEN, {
          status: 401,
          headers: { 'x-amzn-remapped-www-authenticate': 'Bearer realm="mcp"' },
        }),
      },
    },
  },
});

export const offersTheBearerScheme = defineCheck({
  id: 'challenge/offers-the-bearer-scheme',
  title: 'Offers the Bearer scheme in its challenge',
  keyword: 'MUST',
  severity: 'high',
  party: 'mcp-server',
  requirements: ['RFC6750-3-bearer-scheme-with-param', 'MCP-http-transport-conform-server'],
  assurance: 'anonymous',
  needs: ['anonymous'],
  uses: ['challenge', 'control', 'resourceMetadata'],
  reasons: {
    'no-bearer': {
      says: 'The challenge offers other schemes than Bearer, though the server takes OAuth access tokens.',
      fix: {
        general:
          'Add a Bearer challenge with resource_metadata, as a field line of its own; further schemes may stay beside it.',
      },
    },
  },
  judge(evidence) {
    const refusals = refusalsWithoutToken(evidence).filter((refusal) => !isEmpty(refusal));
    if (refusals.length === 0) {
      return untested(
        'no 401 carried a challenge',
        'a 401 with WWW-Authenticate',
        'challenge/sends-a-challenge-with-401',
      );
    }
    const breaches = refusals
      .filter((refusal) => !offersToken(refusal))
      .map((refusal) => ({
        reason: 'no-bearer' as const,
        actual: `the challenge offers ${schemes(refusal)}`,
        at: refusal.exchange.id,
      }));
    if (breaches.length === 0) return pass('each challenge offers Bearer (or DPoP)');
    const published =
      evidence.resourceMetadata !== undefined && resourceDocument(evidence.resourceMetadata) !== undefined;
    if (evidence.control === undefined && !published) {
      return notApplicable(
        'the server speaks another scheme than OAuth, which MCP permits, and publishes no OAuth metadata',
      );
    }
    return fail(gather(breaches, 'a challenge with the scheme Bearer'));
  },
  examples: {
    pass: [{ says: 'Bearer is offered', evidence: golden }],
    fail: {
      'no-bearer': { says: 'Basic only', evidence: answering(WITHOUT_TOKEN, unauthorized('Basic realm="mcp"')) },
    },
  },
});

export const challengesAnInvalidToken = defineCheck({
  id: 'challenge/challenges-an-invalid-token',
  title: 'Sends a Bearer challenge when it refuses a token',
  keyword: 'MUST',
  severity: 'medium',
  party: 'mcp-server',
  requirements: [
    'MCP-challenge-oauth21-error-format',
    'RFC6750-3-www-authenticate-present',
    'RFC9110-11.6.1-401-has-challenge',
  ],
  assurance: 'anonymous',
  needs: ['anonymous', 'credentials'],
  uses: ['challenge'],
  reasons: {
    'no-challenge': {
      says: 'The 401 to a refused token carries no WWW-Authenticate field.',
      fix: {
        general:
          'Send the Bearer challenge with every 401, also when a token was sent: add error="invalid_token" to it.',
      },
    },
    'no-bearer': {
      says: 'The 401 to a refused token offers other schemes than Bearer.',
      fix: { general: 'Add a Bearer challenge with error="invalid_token" to the 401.' },
    },
  },
  judge(evidence) {
    const refusals = refusalsOfInvalidTokens(evidence);
    if (refusals.length === 0) {
      return untested(
        'no invalid token was answered with 401',
        'a 401 to an invalid token',
        'challenge/answers-401-to-an-invalid-token',
      );
    }
    const plain = refusalsWithoutToken(evidence);
    if (plain.length > 0 && plain.every(isEmpty)) {
      return untested(
        'no 401 carries a challenge at all',
        'a 401 with WWW-Authenticate',
        'challenge/sends-a-challenge-with-401',
      );
    }
    if (plain.length > 0 && !plain.some(offersToken)) {
      return untested('no challenge offers Bearer', 'a Bearer challenge', 'challenge/offers-the-bearer-scheme');
    }
    const breaches = refusals
      .filter((refusal) => !offersToken(refusal))
      .map((refusal) =>
        isEmpty(refusal)
          ? { reason: 'no-challenge' as const, actual: 'a 401 without WWW-Authenticate', at: refusal.exchange.id }
          : {
              reason: 'no-bearer' as const,
              actual: `the challenge offers ${schemes(refusal)}`,
              at: refusal.exchange.id,
            },
      );
    if (breaches.length > 0) return fail(gather(breaches, 'a Bearer challenge'));
    return pass(`${refusals.length} refused tokens were answered with a Bearer (or DPoP) challenge`);
  },
  examples: {
    pass: [{ says: 'each refusal is challenged', evidence: golden }],
    fail: {
      'no-challenge': { says: 'a bare 401 for a bad token', evidence: answering(WITH_INVALID_TOKEN, { status: 401 }) },
      'no-bearer': { says: 'Basic only', evidence: answering(WITH_INVALID_TOKEN, unauthorized('Basic realm="mcp"')) },
    },
  },
});

export const presenceChecks = [sendsAChallengeWith401, offersTheBearerScheme, challengesAnInvalidToken];
