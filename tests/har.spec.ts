import { expect, test } from '@playwright/test';
import type { Exchange } from '../fixtures/evidence.ts';
import { toHar } from '../fixtures/har.ts';

const ANSWERED: Exchange = {
  id: 'anonymous/tools-list',
  asks: 'tools/list without Authorization',
  request: {
    method: 'POST',
    url: 'https://server.test/mcp?a=1&a=2',
    headers: [['Content-Type', 'application/json']],
    body: '{}',
  },
  answer: {
    status: 302,
    headers: [
      ['Location', '/elsewhere'],
      ['X-B', '1'],
      ['x-b', '2'],
    ],
    body: 'moved',
    bodyBytes: 5,
    truncated: false,
  },
  startedAt: '2026-01-01T00:00:00.000Z',
  durationMs: 12,
};
const { answer: _answer, ...unanswered } = ANSWERED;
const FAILED: Exchange = { ...unanswered, failure: { kind: 'dns', message: 'DNS: server.test does not exist' } };

test('an answered exchange is an HAR 1.2 entry', () => {
  expect(toHar([ANSWERED], { version: '1.2.3' })).toMatchObject({
    log: {
      version: '1.2',
      creator: { name: 'mcp-auth-conformance', version: '1.2.3' },
      entries: [
        {
          startedDateTime: '2026-01-01T00:00:00.000Z',
          time: 12,
          comment: 'anonymous/tools-list: tools/list without Authorization',
          request: {
            method: 'POST',
            queryString: [
              { name: 'a', value: '1' },
              { name: 'a', value: '2' },
            ],
            postData: { mimeType: 'application/json', text: '{}' },
            bodySize: 2,
          },
          response: {
            status: 302,
            redirectURL: '/elsewhere',
            headers: [
              { name: 'Location', value: '/elsewhere' },
              { name: 'X-B', value: '1' },
              { name: 'x-b', value: '2' },
            ],
            content: { size: 5, text: 'moved' },
          },
        },
      ],
    },
  });
});

test('an exchange without an answer has status 0 and says why', () => {
  expect(toHar([FAILED], { version: '1.2.3' })).toMatchObject({
    log: { entries: [{ response: { status: 0 }, _error: 'DNS: server.test does not exist' }] },
  });
});
