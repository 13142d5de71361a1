import type { Fault } from '../fault.ts';
import { CLIENT_DOCUMENT_FAULTS } from './client-documents.ts';
import { DYNAMIC_REGISTRATION_FAULTS } from './dynamic.ts';

/** How clients become known: dynamic registration, and metadata documents. */
export const REGISTRATION_FAULTS: readonly Fault[] = [...DYNAMIC_REGISTRATION_FAULTS, ...CLIENT_DOCUMENT_FAULTS];
