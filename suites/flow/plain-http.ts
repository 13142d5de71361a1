import type { Answer, Exchange } from '../../fixtures/evidence.ts';
import { header, isSuccess } from '../../fixtures/protocol/answers.ts';
import { urlOf } from '../../fixtures/protocol/urls.ts';
import { type Breach, gather } from '../challenge/refusals.ts';
import { defineCheck, fail, notApplicable, pass } from '../check.ts';
import { answering, golden, goldenFacts } from '../golden.ts';
import { at, isRedirect, NEEDS } from './endpoint-answers.ts';
import { COMMON, wasNotSent, withoutMetadata } from './legs.ts';

/** Served in clear text: a success, or a redirect that does not lead to https. A refusal is none (attack row B47). */
function isServedInClear({ answer, request }: Exchange): boolean {
  if (answer === undefined) return false;
  if (isRedirect(answer)) return urlOf(header(answer, 'location') ?? '', request.url)?.protocol !== 'https:';
  return isSuccess(answer);
}

/** A server that answers http as it answers https, down to the body, has not noticed the difference. */
const isSameAnswer = (plain: Answer | undefined, secured: Answer | undefined) =>
  plain !== undefined && plain.body !== '' && plain.status === secured?.status && plain.body === secured.body;

type Flaw = Breach<'served-over-http' | 'answers-as-over-https'> & { readonly at: string };

export const servesEndpointsOverHttpsOnly = defineCheck({
  ...COMMON,
  id: 'flow/serves-its-endpoints-over-https-only',
  title: 'Serves its authorization and token endpoint over https only',
  keyword: 'MUST',
  severity: 'critical',
  requirements: ['MCP-as-https-endpoints', 'B47'],
  needs: NEEDS,
  reasons: {
    'served-over-http': {
      says: 'An endpoint is served over plain http as well, where anybody on the path can read codes and tokens.',
      fix: {
        general:
          'Answer http: with 301 or 308 to the https URL, or with nothing at all, before the application sees it.',
      },
    },
    'answers-as-over-https': {
      says: 'An endpoint gives over plain http the same error as over https, so it probably takes good requests there too.',
      // The row counts any 4xx as a refusal.
      keyword: 'ADVICE',
      fix: {
        general: 'Close port 80 to this application or redirect there: what was sent in clear text is already read.',
      },
    },
  },
  judge(evidence, { server }) {
    const missing = withoutMetadata(evidence);
    if (missing !== undefined) return missing;
    if (server.exposure !== 'public') {
      return notApplicable(`the server has a ${server.exposure} address, where plain http is a laboratory's choice`);
    }
    const asked = evidence.endpoints.asked.flatMap(({ exchange, plainHttp }) =>
      plainHttp === undefined || wasNotSent(plainHttp) ? [] : [{ exchange, plainHttp }],
    );
    if (asked.length === 0) return notApplicable('no endpoint has an https URL that could be asked over http');
    const breaches = asked.flatMap(({ exchange, plainHttp }): readonly Flaw[] => {
      const found = { actual: at(plainHttp), at: plainHttp.id };
      if (isServedInClear(plainHttp)) return [{ reason: 'served-over-http' as const, ...found }];
      return isSameAnswer(plainHttp.answer, exchange.answer)
        ? [{ reason: 'answers-as-over-https' as const, ...found }]
        : [];
    });
    return breaches.length > 0
      ? fail(gather(breaches, 'a redirect to https, a refusal, or no answer'))
      : pass(asked.map(({ plainHttp }) => at(plainHttp)).join('; '));
  },
  examples: {
    pass: [{ says: 'nobody listens', evidence: golden, facts: goldenFacts }],
    fail: {
      'served-over-http': {
        says: 'a page',
        evidence: answering(/authorization_endpoint\/plain-http$/, { body: '<!doctype html>' }),
        facts: goldenFacts,
      },
      'answers-as-over-https': {
        says: 'the same error',
        evidence: answering(/token_endpoint(\/plain-http)?$/, { status: 400, body: '{"error":"invalid_request"}' }),
        facts: goldenFacts,
      },
    },
  },
});
