import { REPORT_FILE } from '../reports/validate.ts';

/** What a run writes into its folder, and nothing else: whoever clears the folder for a later run may remove these. */
export const RUN_FOLDER = {
  report: REPORT_FILE,
  /** A file a probe, and what a later judgement needs besides. */
  evidence: 'evidence',
  /** A picture of each page at which a sign-in stopped. */
  screenshots: 'screenshots',
} as const;
