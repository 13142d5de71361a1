import type { AskedAuthorization } from '../../fixtures/authorization-evidence.ts';
import { isUnanswered, parameter } from '../../fixtures/journey.ts';
import { isSuccess } from '../../fixtures/protocol/answers.ts';
import { checks, defineCheck, fail, notApplicable, outOfScope, pass, untested } from '../check.ts';
import { golden } from '../golden.ts';
import { ending, redirect, withCode } from '../golden-authorization.ts';
import { unasked } from '../unasked.ts';
import { codeIn, describeEnd, placesOf, withoutControl } from './requests.ts';

const REFUSED = 'refused consent';

export const takesADeclinedConsentForANo = defineCheck({
  id: 'authorization/takes-a-declined-consent-for-a-no',
  title: 'Gives a client nothing when the user declines',
  keyword: 'MUST',
  severity: 'critical',
  party: 'authorization-server',
  pillar: 'token-issuance',
  requirements: ['B30', 'RFC6749-4.1.2.1-error-codes-registered', 'AUTH0-consent-decline'],
  assurance: 'sign-in',
  needs: ['signIn', 'authorizations'],
  trials: ['authorizations/consent-declined'],
  reasons: {
    'code-all-the-same': {
      says: 'The user declines, and the client gets a code all the same.',
      fix: {
        general:
          'Issue a code only after the user’s consent, and answer a refusal with access_denied or a page (RFC 6749 4.1.2.1).',
      },
    },
    'another-error': {
      says: 'The user declines, and the client is told of another error than access_denied.',
      fix: { general: 'Answer a refusal of the user with access_denied (RFC 6749 4.1.2.1).' },
      keyword: 'SHOULD',
    },
  },
  judge({ signIn, authorizations }) {
    const asked = authorizations.asked.find(({ trial }) => trial === 'consent-declined');
    if (asked === undefined) {
      const why = authorizations.unfit['consent-declined'];
      return (why && unasked([why], 0)) ?? notApplicable('nobody was asked');
    }
    const { end, steps } = asked.journey;
    if (end.kind === 'stopped') return untested(end.because, end.unlock);
    if (!steps.includes(REFUSED)) {
      if (end.kind === 'left')
        return notApplicable('nobody is asked for consent, though the request has prompt=consent');
      const because = `no way to decline was found on the page (${describeEnd(end)})`;
      // RFC 6749 asks for no button that declines: a page without one, or one that nobody named, fails nothing.
      return isUnanswered(end)
        ? outOfScope(because, 'users.signIn.selectors.deny: a CSS selector that fits the button that declines consent')
        : untested(because, 'an authorization server that asks for consent where the request has prompt=consent');
    }
    const error = end.kind === 'left' ? parameter(end, 'error') : undefined;
    const actual = describeEnd(end);
    const at = placesOf(asked);
    if (codeIn(asked) !== undefined)
      return fail([{ reason: 'code-all-the-same', expected: 'access_denied', actual, at }]);
    if (error !== undefined && !['access_denied', 'consent_required'].includes(error)) {
      return fail([{ reason: 'another-error', expected: 'access_denied', actual, at }]);
    }
    return withoutControl(signIn) ?? pass(`declined: ${actual}`);
  },
  examples: {
    pass: [{ says: 'access_denied', evidence: declined(golden) }],
    fail: {
      'code-all-the-same': {
        says: 'a code',
        evidence: declined(ending(golden, 'consent-declined', withCode('authorizations/consent-declined'))),
      },
      'another-error': {
        says: 'server_error',
        evidence: declined(ending(golden, 'consent-declined', redirect({ error: 'server_error' }))),
      },
    },
  },
});

/** The evidence, whose user has declined where a trial wants it. */
function declined(evidence: typeof golden): typeof golden {
  const { asked, ...rest } = evidence.authorizations;
  const declining = asked.map((each) =>
    each.trial === 'consent-declined' ? { ...each, journey: { ...each.journey, steps: [REFUSED] } } : each,
  );
  return { ...evidence, authorizations: { ...rest, asked: declining } };
}

export const asksBeforeItAnswersAnyProgram = defineCheck({
  id: 'authorization/asks-before-it-answers-any-program',
  title: 'Asks the user before it sends a code to a redirect URI that any program can take',
  keyword: 'SHOULD',
  severity: 'medium',
  party: 'authorization-server',
  pillar: 'token-issuance',
  requirements: ['B58', 'RFC8252-8.6-no-silent-reconsent'],
  assurance: 'sign-in',
  needs: ['signIn', 'authorizations'],
  reasons: {
    'silent-code': {
      says: 'A user who has signed in once is not asked again: another program that takes the loopback port, or the scheme, of this client gets a code without anybody seeing it.',
      fix: {
        general:
          'Show a page that asks, at each request of a client whose redirect URI is a loopback address or a private scheme, unless its identity is proven otherwise (RFC 8252 8.6).',
        auth0: {
          text: 'Leave the confirmation prompt for non-verifiable callback URIs on.',
          command: `auth0 api patch tenants/settings --data '{"skip_non_verifiable_callback_uri_confirmation_prompt": false}'`,
        },
      },
    },
  },
  judge({ signIn, authorizations }) {
    const { controlAfter } = authorizations;
    if (!isAnybodys(controlAfter.redirectUri)) {
      return notApplicable(`the redirect URI of the client, ${controlAfter.redirectUri}, is on a host of its own`);
    }
    const missing = withoutControl(signIn) ?? withoutControl(controlAfter);
    if (missing !== undefined) return missing;
    const { steps, hops } = controlAfter.journey;
    // Some pages go on by a script, and some a person answers: neither is silence for certain.
    if (steps.length === 0 && !hops.some(({ answer }) => isSuccess(answer))) {
      return fail([
        {
          reason: 'silent-code',
          expected: 'a page that asks, at the second request too',
          actual: `${describeEnd(controlAfter.journey.end)}, without a page`,
          at: placesOf(controlAfter),
        },
      ]);
    }
    return pass(`at a later request: ${steps.length === 0 ? 'a page' : steps.join(', ')}`);
  },
  examples: {
    pass: [{ says: 'consent once more', evidence: golden }],
    fail: { 'silent-code': { says: 'nobody is asked', evidence: withoutSteps(golden) } },
  },
});

/** RFC 8252 7.1, 7.3: any program on the machine can take the scheme, or the port. */
function isAnybodys(redirectUri: AskedAuthorization['redirectUri']): boolean {
  if (!URL.canParse(redirectUri)) return false;
  const { protocol, hostname } = new URL(redirectUri);
  return protocol !== 'https:' && (protocol !== 'http:' || /^(127(\.\d+){3}|\[::1\]|localhost)$/.test(hostname));
}

function withoutSteps(evidence: typeof golden): typeof golden {
  const { controlAfter, ...rest } = evidence.authorizations;
  const silent = { ...controlAfter, journey: { ...controlAfter.journey, steps: [] } };
  return { ...evidence, authorizations: { ...rest, controlAfter: silent } };
}

export const consentChecks = checks(takesADeclinedConsentForANo, asksBeforeItAnswersAnyProgram);
