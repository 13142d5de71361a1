import type { EvidenceMap, Exchange } from '../fixtures/evidence.ts';
import type { JourneyEnd } from '../fixtures/journey.ts';
import type { AskedLoginPage, LoginPageEvidence } from '../fixtures/login-page-evidence.ts';
import { LOGIN_PAGE_TRIALS, type LoginPageTrialId, UNKNOWN_RESOURCE } from '../fixtures/trials/login-pages.ts';

/** Evidence of an Auth0 tenant that lets one resource in, and says of others that it does not know them. */

const RESOURCE = 'https://mcp.example.com/mcp';
const ISSUER = 'https://tenant.example.com/';

const RESOURCES: Readonly<Record<LoginPageTrialId, string | undefined>> = {
  good: RESOURCE,
  'unknown-resource': UNKNOWN_RESOURCE,
  'other-slash': `${RESOURCE}/`,
  'origin-alone': 'https://mcp.example.com',
  'no-resource': undefined,
  'system-api': `${ISSUER}api/v2/`,
};

/** The page on which a tenant says what is wrong. */
export const saying = (says: string): JourneyEnd => ({ kind: 'page', status: 400, title: 'Error', says });

function exchange(trial: LoginPageTrialId, end: JourneyEnd | 'page'): Exchange {
  const status = end !== 'page' && end.kind === 'page' ? end.status : 302;
  return {
    id: `loginPages/${trial}/glimpse`,
    asks: `loginPages/${trial}`,
    request: { method: 'GET', url: `${ISSUER}authorize`, headers: [] },
    answer: {
      status,
      headers: end === 'page' ? [['location', `${ISSUER}u/login?state=golden`]] : [],
      body: '',
      bodyBytes: 0,
      truncated: false,
    },
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
  };
}

function asked(trial: LoginPageTrialId, end: JourneyEnd | 'page'): AskedLoginPage {
  const resource = RESOURCES[trial];
  return { trial, ...(resource !== undefined && { resource }), exchange: exchange(trial, end), end };
}

const rightly = (trial: LoginPageTrialId): JourneyEnd | 'page' => {
  if (trial === 'good') return 'page';
  return saying(
    trial === 'no-resource'
      ? 'The userinfo audience is not allowed for third party clients. Please specify a valid API audience.'
      : `Service not found: ${RESOURCES[trial]}`,
  );
};

export const goldenLoginPages: LoginPageEvidence = {
  loginPages: {
    clientId: 'desktop',
    issuer: ISSUER,
    resource: RESOURCE,
    accepted: [RESOURCE],
    asked: LOGIN_PAGE_TRIALS.map((trial) => asked(trial, rightly(trial))),
    unfit: {},
  },
};

/** The evidence, but these requests ended so. */
export function withLoginPages(
  evidence: EvidenceMap,
  ends: Readonly<Partial<Record<LoginPageTrialId, JourneyEnd | 'page'>>>,
): EvidenceMap {
  const { loginPages } = evidence;
  const changed = loginPages.asked.map((each) => {
    const end = ends[each.trial];
    return end === undefined ? each : asked(each.trial, end);
  });
  return { ...evidence, loginPages: { ...loginPages, asked: changed } };
}
