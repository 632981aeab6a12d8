// What an HTML page runs.
import { begin } from './page';

void begin();
