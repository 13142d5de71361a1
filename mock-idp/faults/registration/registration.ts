import type { Fault } from '../fault.ts';
import { CLIENT_DOCUMENT_FAULTS } from './client-documents.ts';
import { DOCUMENT_CLIENT_FAULTS } from './document-clients.ts';
import { DYNAMIC_REGISTRATION_FAULTS } from './dynamic.ts';
import { KNOWN_CLIENT_FAULTS } from './known-clients.ts';
import { MANAGED_REGISTRATION_FAULTS } from './managed.ts';
import { PUBLISHED_DOCUMENT_FAULTS } from './published-documents.ts';
import { REGISTRATIONS_FAULTS } from './registrations.ts';
import { RUNBOOK_FAULTS } from './runbook.ts';

/** How clients become known: dynamic registration, metadata documents, and somebody beforehand. */
export const REGISTRATION_FAULTS: readonly Fault[] = [
  ...DYNAMIC_REGISTRATION_FAULTS,
  ...REGISTRATIONS_FAULTS,
  ...MANAGED_REGISTRATION_FAULTS,
  ...RUNBOOK_FAULTS,
  ...CLIENT_DOCUMENT_FAULTS,
  ...DOCUMENT_CLIENT_FAULTS,
  ...KNOWN_CLIENT_FAULTS,
  ...PUBLISHED_DOCUMENT_FAULTS,
];
