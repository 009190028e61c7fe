// Where blocks lie: nested squarified rectangles, or columns side by side (icicle). Numbers only; nothing is drawn here.

export const HEAD = 17;
const PAD = 2;
const ROOM = { width: 30, height: 24 };
const HEADED = { width: 44, height: 38 };

/** Blocks in rows with who is in whom. Rows come parents first, siblings together and largest first. */
export class Blocks {
  constructor(answer) {
    Object.assign(this, answer);
    this.size = answer.node.length;
    this.first = new Int32Array(this.size);
    this.width = new Int32Array(this.size);
    this.rowOf = new Map();
    for (let row = 0; row < this.size; row += 1) {
      const above = answer.parent[row];
      if (above >= 0 && this.width[above]++ === 0) this.first[above] = row;
      if (!answer.more[row]) this.rowOf.set(answer.node[row], row);
    }
    this.deepest = this.size ? answer.depth[this.size - 1] : 0;
  }

  /** The part in a block as a map of its own: coarser than what the server would say, and there at once. */
  within(row) {
    const place = new Map([[row, 0]]);
    const rows = [row];
    for (let at = row + 1; at < this.size; at += 1) {
      if (place.has(this.parent[at])) place.set(at, rows.push(at) - 1);
    }
    const way = [];
    for (let at = row; at > 0; at = this.parent[at]) way.unshift({ id: this.node[at], name: this.names[at] });
    const part = { ...this, crumbs: [...this.crumbs, ...way] };
    for (const [name, column] of Object.entries(this)) {
      if (Array.isArray(column) && column.length === this.size) part[name] = rows.map((at) => column[at]);
    }
    part.parent = rows.map((at) => place.get(this.parent[at]) ?? -1);
    part.depth = part.depth.map((depth) => depth - this.depth[row]);
    part.share = part.share.map((share) => share / this.share[row]);
    return new Blocks(part);
  }

  /** Rows of the blocks in a block. */
  *inside(row) {
    for (let at = this.first[row]; at < this.first[row] + this.width[row]; at += 1) yield at;
  }
}

/** Rectangles by row: x, y, w, h in one array, 4 numbers a row (w = 0: not shown); head: 0 nothing drawn inside, 1 a head line, 2 no room for one. */
export function layOutBlocks(blocks, mode, width, height) {
  const made = { at: new Float32Array(blocks.size * 4), head: new Uint8Array(blocks.size) };
  if (!blocks.size || width < 4 || height < 4) return made;
  if (mode === "icicle") columns(blocks, made, width, height);
  else nested(blocks, made, width, height);
  return made;
}

function columns(blocks, { at }, width, height) {
  const levels = Math.max(1, blocks.deepest);
  const wide = width / levels;
  at.set([0, 0, blocks.deepest ? 0 : width, height]);
  for (let row = 0; row < blocks.size; row += 1) {
    let y = at[row * 4 + 1];
    const tall = at[row * 4 + 3];
    if (tall < 0.7) continue;
    for (const child of blocks.inside(row)) {
      const high = blocks.share[row] > 0 ? (tall * blocks.share[child]) / blocks.share[row] : 0;
      const left = (blocks.depth[child] - 1) * wide;
      at.set([left, y, high < 0.7 ? 0 : wide, high], child * 4);
      y += high;
    }
  }
}

function nested(blocks, made, width, height) {
  const { at, head } = made;
  at.set([0, 0, width, height]);
  for (let row = 0; row < blocks.size; row += 1) {
    const number = blocks.width[row];
    if (!number) continue;
    let [x, y, w, h] = at.subarray(row * 4, row * 4 + 4);
    if (row > 0) {
      if (w < ROOM.width || h < ROOM.height) continue;
      head[row] = w >= HEADED.width && h >= HEADED.height ? 1 : 2;
      const above = head[row] === 1 ? HEAD : PAD;
      [x, y, w, h] = [x + PAD, y + above, w - 2 * PAD, h - above - PAD];
    }
    squarify(blocks.share, blocks.first[row], number, at, x, y, w, h);
  }
}

/** Squarified rows (Bruls, Huizing, van Wijk): each strip takes siblings as long as its worst shape gets better. */
function squarify(share, first, number, at, x, y, w, h) {
  let left = 0;
  for (let row = first; row < first + number; row += 1) left += share[row];
  const end = first + number;
  let begin = first;
  while (begin < end && left > 0 && w > 0 && h > 0) {
    const scale = (w * h) / left;
    const side = Math.min(w, h);
    let sum = share[begin] * scale;
    const most = sum;
    let least = sum;
    let worst = shape(sum, most, least, side);
    let stop = begin + 1;
    for (; stop < end; stop += 1) {
      const area = share[stop] * scale;
      const next = shape(sum + area, most, Math.min(least, area), side);
      if (next > worst) break;
      sum += area;
      least = Math.min(least, area);
      worst = next;
    }
    const strip = stop === end ? (w < h ? h : w) : sum / side;
    let along = w < h ? x : y;
    for (let row = begin; row < stop; row += 1) {
      const length = sum > 0 ? (share[row] * scale * side) / sum : 0;
      at.set(w < h ? [along, y, length, strip] : [x, along, strip, length], row * 4);
      along += length;
      left -= share[row];
    }
    if (w < h) [y, h] = [y + strip, h - strip];
    else [x, w] = [x + strip, w - strip];
    begin = stop;
  }
}

const shape = (sum, most, least, side) =>
  Math.max((side * side * most) / (sum * sum), least > 0 ? (sum * sum) / (side * side * least) : Infinity);

/** The innermost shown block at a point; -1 where there is none. */
export function blockAt(blocks, { at }, mode, x, y) {
  const holds = (row) => {
    const [left, top, w, h] = at.subarray(row * 4, row * 4 + 4);
    return w > 0 && x >= left && x < left + w && y >= top && y < top + h;
  };
  if (mode === "icicle") {
    for (let row = 0; row < blocks.size; row += 1) if (holds(row)) return row;
    return -1;
  }
  let found = blocks.size && holds(0) ? 0 : -1;
  for (let row = found; row >= 0; ) {
    found = row;
    row = -1;
    for (const child of blocks.inside(found)) {
      if (holds(child)) {
        row = child;
        break;
      }
    }
  }
  return found;
}

/** The nearest shown block from a block in a direction ("ArrowLeft", ...): a sibling, else one of the same depth. */
export function neighbour(blocks, { at }, from, key) {
  const [x, y, w, h] = at.subarray(from * 4, from * 4 + 4);
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  const nearest = (fits) => {
    let best = -1;
    let least = Infinity;
    for (let row = 1; row < blocks.size; row += 1) {
      const [left, top, wide, high] = at.subarray(row * 4, row * 4 + 4);
      if (row === from || wide <= 0 || !fits(row)) continue;
      const ahead = dx ? (dx > 0 ? left - (x + w) : x - (left + wide)) : dy > 0 ? top - (y + h) : y - (top + high);
      if (ahead < -1) continue;
      const middle = dx ? Math.abs(top + high / 2 - (y + h / 2)) : Math.abs(left + wide / 2 - (x + w / 2));
      const beside = dx ? top < y + h && top + high > y : left < x + w && left + wide > x;
      const far = ahead + middle * (beside ? 0.1 : 3);
      if (far < least) [best, least] = [row, far];
    }
    return best;
  };
  const sibling = nearest((row) => blocks.parent[row] === blocks.parent[from]);
  return sibling >= 0 ? sibling : nearest((row) => blocks.depth[row] === blocks.depth[from]);
}
