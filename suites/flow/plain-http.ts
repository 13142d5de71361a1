import type { Exchange } from '../../fixtures/evidence.ts';
import { wasNotSent } from '../../fixtures/protocol/answers.ts';
import { type Breach, gather } from '../challenge/refusals.ts';
import { defineCheck, fail, notApplicable, pass, type Verdict } from '../check.ts';
import { laboratory, unheard, worksInClear } from '../delivery.ts';
import { answering, golden, goldenFacts } from '../golden.ts';
import { at, NEEDS } from './endpoint-answers.ts';
import { COMMON, withoutMetadata } from './legs.ts';

interface Both {
  readonly exchange: Exchange;
  readonly plainHttp: Exchange;
}

/** A server that answers http as it answers https, down to the body, has not noticed the difference. */
function isSameAnswer({ exchange, plainHttp: { answer } }: Both): boolean {
  if (answer === undefined || answer.body === '') return false;
  return answer.status === exchange.answer?.status && answer.body === exchange.answer.body;
}

/** Why nothing can be said of a pair: one was not sent, or there is nothing to compare an answer in clear with. */
function unsaid({ exchange, plainHttp }: Both): Verdict<never> | undefined {
  if (wasNotSent(plainHttp)) return unheard(plainHttp);
  return plainHttp.answer !== undefined && wasNotSent(exchange) ? unheard(exchange) : undefined;
}

type Flaw = Breach<'served-over-http' | 'answers-as-over-https'> & { readonly at: string };

export const servesItsEndpointsOverHttpsOnly = defineCheck({
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
  judge(evidence, facts) {
    const missing = withoutMetadata(evidence);
    if (missing !== undefined) return missing;
    if (facts.server.exposure !== 'public') return notApplicable(laboratory(facts));
    const asked = evidence.endpoints.asked.flatMap(({ exchange, plainHttp }) =>
      plainHttp === undefined ? [] : [{ exchange, plainHttp }],
    );
    if (asked.length === 0) return notApplicable('no endpoint has an https URL that could be asked over http');
    const breaches = asked.flatMap(({ exchange, plainHttp }): readonly Flaw[] => {
      const found = { actual: at(plainHttp), at: plainHttp.id };
      // A refusal is none (attack row B47).
      if (worksInClear(plainHttp, exchange)) return [{ reason: 'served-over-http' as const, ...found }];
      return isSameAnswer({ exchange, plainHttp }) ? [{ reason: 'answers-as-over-https' as const, ...found }] : [];
    });
    if (breaches.length > 0) return fail(gather(breaches, 'a redirect to https, a refusal, or no answer'));
    return (
      asked.map(unsaid).find((verdict) => verdict !== undefined) ??
      pass(asked.map(({ plainHttp }) => at(plainHttp)).join('; '))
    );
  },
  examples: {
    pass: [{ says: 'nobody listens', evidence: golden, facts: goldenFacts }],
    fail: {
      'served-over-http': {
        says: 'a page',
        evidence: answering(/authorization_endpoint(\/plain-http)?$/, { body: '<!doctype html>' }),
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
