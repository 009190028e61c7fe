// The outline's rows as far as they are known: windows of them, asked for one after the other.

import { call } from "./api.js";

const BEFORE = 40;
const MOST = 300;
const KEPT = 6_000;

/** The rows that the server shows, by place. What is not known yet is undefined, never guessed.
 *
 * `place()` says what stands on the screen: {first, count, anchor (the id to be kept in place), focus (an id)}.
 * `swapped(answer)` hears that all rows are others now, `arrived()` that more are known, `failed(error)` what went wrong.
 */
export class OutlineData {
  total = null;
  features = 0;
  way = [];
  view = null;
  parents = new Map();
  #rows = new Map();
  #indices = new Map();
  #line = Promise.resolve();
  #wanted = null;
  #opened = null;
  #rev = -1;
  #ahead = null;
  /** The top of the view. */
  #top = 0;

  constructor({ store }, heard) {
    this.store = store;
    this.heard = heard;
  }

  row(index) {
    return this.#rows.get(index);
  }

  /** The place of a feature among the known rows; undefined where it is not among them. */
  indexOf(id) {
    return this.#indices.get(id);
  }

  /** Shows another name at once, until the rows are told anew. */
  renamed(id, name) {
    const index = this.#indices.get(id);
    if (index !== undefined) this.#rows.set(index, { ...this.#rows.get(index), name });
    this.heard.arrived();
  }

  /** The newest entry of the history that the rows know. */
  get rev() {
    return this.#rev;
  }

  /** Whether what the store has open is what the server told. */
  knows(opened) {
    return opened === this.#opened;
  }

  /** Whether a feature is another one or lies below it; known of every row that was shown. */
  isInside(id, top) {
    for (let at = id; at > 0; at = this.parents.get(at)) if (at === top) return true;
    return top === 0;
  }

  /** Asks for rows where they are missing; of many calls while one is under way, only the last counts. */
  need(first, last) {
    let missing = first;
    while (missing < last && this.#rows.has(missing)) missing += 1;
    if (missing >= last || this.total === null) return;
    const waiting = this.#wanted !== null;
    this.#wanted = { first, last };
    if (!waiting) this.#queue(() => this.#fetch());
  }

  /** Opens or closes something, or finds features: all rows are told anew. Returns the answer, null where it failed. */
  change(change, locate = []) {
    return this.#queue(() => this.#renew({ change }, locate));
  }

  /** Asks for everything anew: with what the store says is open, or (`same`) only the rows. */
  reload({ same = false, locate = [] } = {}) {
    return this.#queue(() => {
      if (!same) this.view = null;
      return this.#renew({}, locate);
    });
  }

  #queue(run) {
    const done = this.#line.then(run).catch((error) => {
      this.heard.failed(error);
      return null;
    });
    this.#line = done;
    return done;
  }

  async #fetch() {
    const { first, last } = this.#wanted;
    this.#wanted = null;
    const named = this.#named(this.heard.place(), []);
    const answer = await this.#ask({ ...window(first, last - first), locate: named });
    if (answer.rev !== this.#rev || answer.renewed) await this.#swap(answer, named);
    else {
      this.#keep(answer);
      this.heard.arrived();
    }
  }

  /** Asks ahead for what a change would show: somebody looks at the feature, and may be about to make it. */
  foresee(change) {
    if (this.view === null || this.total === null) return;
    const { body } = this.#question({ change }, [change.node]);
    const whole = { ...this.#common(body), view: this.view };
    const { rev, held } = this.store.state;
    this.#ahead = { key: JSON.stringify(whole), rev, held, answer: call("/api/tree/outline", whole).catch(() => null) };
  }

  #question(more, locate) {
    const place = this.heard.place();
    const named = this.#named(place, locate);
    return { named, body: { ...window(place.first, place.count), ...more, locate: named } };
  }

  /** The features whose rows are to be told, so that what is looked at can stay where it is. */
  #named({ anchor, focus }, locate) {
    return [...new Set([...locate, anchor, focus, this.store.state.node].filter((id) => id > 0))];
  }

  /** All rows anew. */
  async #renew(more, locate) {
    const { named, body } = this.#question(more, locate);
    return this.#swap(await this.#ask(body), named, more.change);
  }

  /** Puts an answer in the place of all rows, with what is looked at where it was. */
  async #swap(told, named, change) {
    let answer = told;
    const { count } = this.heard.place(); // somebody may have scrolled since it was asked for
    const top = this.heard.topAfter(answer, change);
    if (top < answer.first || Math.min(top + count, answer.total) > answer.first + answer.rows.length) {
      const { opened, asked } = answer;
      answer = { ...(await this.#ask({ ...window(top, count), locate: named })), asked, ...(opened && { opened }) };
    }
    this.#rows.clear();
    this.#indices.clear();
    this.parents.clear();
    this.#keep(answer);
    this.#tell(answer);
    this.heard.swapped(answer, change);
    return answer;
  }

  #common(body) {
    const { temperature, shape } = this.store.state;
    return { ...body, temperature, boosts: shape?.boosts ?? {}, excluded: shape?.excluded ?? [] };
  }

  /** What was asked ahead, where it is just this and nothing changed since. */
  async #foreseen(body) {
    const { rev, held } = this.store.state;
    const ahead = this.#ahead;
    if (!ahead || ahead.rev !== rev || ahead.held !== held || ahead.key !== JSON.stringify(body)) return null;
    this.#ahead = null;
    return ahead.answer;
  }

  async #ask(body) {
    const { opened, top, filter } = this.store.state;
    const common = this.#common(body);
    const whole = { ...common, opened, top, filter };
    if (this.view === null) return this.#told(await call("/api/tree/outline", whole), top);
    const before = this.#top;
    try {
      const known = { ...common, view: this.view };
      return this.#told((await this.#foreseen(known)) ?? (await call("/api/tree/outline", known)), before);
    } catch (error) {
      if (error.status !== 410) throw error;
      return { ...this.#told(await call("/api/tree/outline", whole), top), renewed: true };
    }
  }

  #told(answer, asked) {
    this.view = answer.view;
    this.#top = answer.top;
    return { ...answer, asked };
  }

  #keep(answer) {
    if (this.#rows.size > KEPT) {
      this.#rows.clear();
      this.#indices.clear();
    }
    this.#rev = answer.rev;
    this.total = answer.total;
    for (const [id, parent] of answer.above) this.parents.set(id, parent);
    answer.rows.forEach((row, at) => {
      this.#rows.set(answer.first + at, row);
      if (row.ghost) return;
      this.#indices.set(row.id, answer.first + at);
      this.parents.set(row.id, row.parent);
    });
  }

  #tell(answer) {
    this.features = answer.features;
    this.way = answer.way;
    const news = {};
    if (answer.opened) news.opened = this.#opened = answer.opened;
    // the server moved the top, and nobody went elsewhere while it answered
    if (answer.top !== answer.asked && this.store.state.top === answer.asked) news.top = answer.top;
    // later ones come as news: were they told here, all panes would ask anew in the middle of what is being done
    if (!this.store.state.rev) news.rev = answer.rev;
    this.store.set(news);
  }
}

const window = (first, count) => {
  const from = Math.max(0, Math.floor(first) - BEFORE);
  return { first: from, count: Math.min(MOST, Math.ceil(count) + 2 * BEFORE + 2) };
};
