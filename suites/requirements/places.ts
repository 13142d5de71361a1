import type { Revision } from '../../fixtures/protocol/revisions.ts';
import type { Requirement } from './index.ts';

/** Section of the newest revision → its title in the older ones that name it otherwise. */
const FORMER_TITLES: Readonly<Record<string, Readonly<Partial<Record<Revision, string>>>>> = {
  'Security & Endpoint': sinceTheFirst('Security Warning'),
  'Sending Messages': sinceTheFirst('Sending Messages to the Server'),
  'Protected Resource Metadata Discovery Requirements': { '2025-06-18': 'Authorization Server Location' },
  'Authorization Server Metadata Discovery': { '2025-06-18': 'Server Metadata Discovery' },
  'Advertising CIMD Support': { '2025-11-25': 'Discovery' },
  'Pre-registration': { '2025-11-25': 'Preregistration' },
  'State Handle Hijacking: Mitigation': { '2025-06-18': 'Session Hijacking', '2025-11-25': 'Session Hijacking' },
  'Form Mode Security': { '2025-06-18': 'Security Considerations' },
  ...Object.fromEntries(
    ['Token Theft', 'Communication Security', 'Authorization Code Protection', 'Open Redirection'].map((title) => [
      title,
      { '2025-03-26': 'Security Considerations' },
    ]),
  ),
};

function sinceTheFirst(title: string): Readonly<Partial<Record<Revision, string>>> {
  return { '2025-03-26': title, '2025-06-18': title, '2025-11-25': title };
}

const MCP_PAGE = /^(https:\/\/modelcontextprotocol\.io\/(?:specification|docs)\/)(\d{4}-\d\d-\d\d)\/([^#]+)(#.*)?$/;

/** Pages that revisions before 2026-07-28 did not have of their own. */
const FORMER_PAGES = /^basic\/(authorization|transports)\/.+/;

/**
 * Where a statement stands in the newest of the revisions that were judged and have it, as a server of 2025-06-18 is
 * not to be shown a text of a later date. The catalogue names the newest there is.
 */
export function placeIn(
  { section, url, revisions }: Requirement,
  judged: readonly string[],
): Pick<Requirement, 'section' | 'url'> {
  const page = MCP_PAGE.exec(url ?? '');
  const revision = revisions?.findLast((each) => judged.includes(each));
  if (page === null || revision === undefined || revision === page[2]) return { section, ...(url && { url }) };
  const [, site, , path, anchor = ''] = page;
  const title = FORMER_TITLES[section]?.[revision as Revision];
  return {
    section: title ?? section,
    url: `${site}${revision}/${path!.replace(FORMER_PAGES, 'basic/$1')}${title === undefined ? anchor : `#${anchorOf(title)}`}`,
  };
}

const anchorOf = (title: string) => title.toLowerCase().replaceAll(' ', '-');
