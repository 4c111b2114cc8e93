import type { HttpRequest, HttpResult } from '../pipeline/http-exchange.js';
import { HttpJournal } from '../pipeline/http-journal.js';
import { Masking } from './masking.js';
import { exchangeOf, type RecordedCall } from './recording-format.js';

/** A recorded call's HTTP in a replay: what was answered then is answered again. A request is looked up as the recording has it, without its secrets. */
export class ReplayedHttp extends HttpJournal {
  readonly #masking: Masking;

  /** `masked`: the fields that were masked beside what always is. */
  constructor(plugin: string, { startedAt, exchanges }: NonNullable<RecordedCall['http']>, masked: readonly string[]) {
    super({ startedAt, exchanges: exchanges.map((exchange) => exchangeOf(plugin, exchange)) });
    this.#masking = new Masking(masked);
  }

  override ask(plugin: string, request: HttpRequest, maxPerFrame: number): HttpResult | undefined {
    return super.ask(plugin, this.#masking.request(request), maxPerFrame);
  }
}
