// For the tests, which are TypeScript.
import type { Catalogue } from '../src/i18n/index';

interface File {
  name: string;
  plural: string;
  messages: Record<string, Catalogue['messages']>;
}

export const SECTIONS: Record<string, string[]>;
export function catalogues(): Promise<Record<string, File>>;
export function catalogueOf(bundle: string): Promise<Record<string, Catalogue>>;
