// Product pictures, drawn by rule: the words in a product's name choose the shape, its SKU the colours.
//
// Responsible for: an SVG for any product. Not responsible for: being a photograph.

const COLOURS = [
  ['#2f6f62', '#24574d', '#e9dfc7'],
  ['#b9603a', '#944a2b', '#f4e4cf'],
  ['#3f5f8a', '#314b6e', '#e8e4d6'],
  ['#8a6a2f', '#6d5324', '#f3e7c9'],
  ['#7a4a63', '#5f394d', '#f0dfe2'],
  ['#5d7a3a', '#48602c', '#edeccf'],
  ['#a23e3a', '#7f302d', '#f2dcd2'],
  ['#4b4f58', '#383b42', '#e3dfd6'],
];

// A colour that the name says wins.
const NAMED = [
  [/\b(white|cream|clear|blank)\b/, ['#dcd8cf', '#b9b3a6', '#8a6a2f']],
  [/\b(slate|grey|black|smoke)\b/, COLOURS[7]],
  [/\b(moss|sage|green|mint)\b/, COLOURS[5]],
  [/\b(rust|terracotta|orange)\b/, COLOURS[1]],
  [/\b(ochre|sand|oak|beech|walnut|brass|olive(?! oil))\b/, COLOURS[3]],
  [/\bblue(?!berr)/, COLOURS[2]],
  [/\b(red|strawberry|raspberry)\b/, COLOURS[6]],
];

const line = (d, colour, width = 3) =>
  `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round"/>`;
const shape = (d, colour) => `<path d="${d}" fill="${colour}"/>`;
const box = (x, y, w, h, colour, r = 0) => `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${r}" fill="${colour}"/>`;
const dot = (x, y, r, colour) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${colour}"/>`;
const oval = (x, y, rx, ry, colour) => `<ellipse cx="${x}" cy="${y}" rx="${rx}" ry="${ry}" fill="${colour}"/>`;

const leaf = (x, y, colour, size = 1) =>
  shape(`M${x} ${y}c${-10 * size} ${-8 * size} ${-9 * size} ${-20 * size} 0 ${-27 * size}c${9 * size} ${7 * size} ${10 * size} ${19 * size} 0 ${27 * size}z`, colour);

const SHAPES = {
  pouch: (c, d, l) =>
    shape('M70 34h60l4 10-3 84q-31 6-62 0l-3-84z', c) + box(68, 34, 64, 9, d, 2) + box(78, 64, 44, 44, l, 3) +
    leaf(100, 98, c, 0.9) + line('M100 98v6', d, 2),
  coffee: (c, d, l) =>
    shape('M72 30h56v98q-28 5-56 0z', c) + shape('M72 30h56v14H72z', d) + box(72, 68, 56, 38, l) +
    oval(94, 87, 9, 12, d) + line('M94 76q-5 11 0 22', l, 2) + oval(111, 87, 7, 10, c) + line('M111 78q-4 9 0 18', l, 2),
  mug: (c, d, l) =>
    line('M124 66q26-2 24 20t-28 20', c, 9) + shape('M62 50h66l-3 66q-1 11-12 11H77q-11 0-12-11z', c) +
    oval(95, 50, 33, 7, d) + oval(95, 51, 28, 4.5, l) + line('M66 100h58', l, 3),
  bowl: (c, d, l) =>
    shape('M46 66h108q0 56-54 58-54-2-54-58z', c) + oval(100, 66, 54, 12, d) + oval(100, 67, 47, 8.5, l) + box(82, 121, 36, 7, d, 3),
  plate: (c, d, l) => dot(100, 82, 46, c) + dot(100, 82, 40, l) + `<circle cx="100" cy="82" r="27" fill="none" stroke="${c}" stroke-width="2"/>` + line('M88 72q12-10 24 0', d, 2),
  jar: (c, d, l) =>
    box(70, 50, 60, 78, c, 12) + box(72, 34, 56, 18, d, 4) + box(70, 74, 60, 34, l) + dot(100, 91, 10, c) + leaf(104, 86, d, 0.45) +
    line('M78 58v8', l, 3),
  bottle: (c, d, l) =>
    shape('M90 22h20v28q16 8 16 26v46q0 7-7 7H81q-7 0-7-7V76q0-18 16-26z', c) + box(88, 18, 24, 13, d, 3) +
    box(74, 80, 52, 32, l) + line('M84 92h32M88 101h24', d, 2.5),
  wine: (c, d, l) =>
    shape('M92 16h16v34q16 8 16 26v46q0 7-7 7H83q-7 0-7-7V76q0-18 16-26z', c) + box(91, 14, 18, 22, d, 2) + box(76, 82, 48, 30, l) +
    dot(94, 94, 4, c) + dot(103, 94, 4, c) + dot(98.500, 101, 4, c),
  candle: (c, d, l) =>
    box(72, 66, 56, 62, c, 6) + oval(100, 66, 28, 6, d) + oval(100, 66, 22, 4, l) + line('M100 65v-9', '#3b3530', 2.5) +
    shape('M100 30c9 11 9 24 0 27c-9-3-9-16 0-27z', '#eba83a') + shape('M100 42c4 6 4 12 0 14c-4-2-4-8 0-14z', '#f8dd93') + box(84, 88, 32, 22, l, 2),
  soap: (c, d, l) =>
    shape('M46 84l18-18h92l-16 18z', l) + box(46, 84, 94, 42, c, 3) + shape('M140 84l16-18v42l-16 18z', d) + box(78, 84, 30, 42, l) + leaf(93, 118, c, 0.85),
  loaf: (c, d, l) =>
    shape('M40 112q-6-44 60-48q66 4 60 48q-1 14-14 14H54q-13 0-14-14z', '#b77a3c') + shape('M46 108q2-32 54-36q52 4 54 36q-54-20-108 0z', '#d29a58') +
    line('M72 78q6 12 2 24M98 74q6 12 2 24M124 78q6 12 2 24', '#f0d4a4', 5),
  croissant: () =>
    shape('M38 108q2-42 62-44q60 2 62 44q-8 10-20 2q-8-20-42-20q-34 0-42 20q-12 8-20-2z', '#d0934c') +
    line('M64 80l10 18M86 70l4 22M114 70l-4 22M136 80l-10 18', '#a86f30', 3),
  cheese: (c, d) =>
    shape('M42 92l70-42q40 6 46 42z', '#efc661') + box(42, 92, 116, 34, '#e2b145', 2) + shape('M112 50q40 6 46 42v3q-10-36-49-43z', d) +
    dot(70, 108, 7, '#c8952d') + dot(104, 104, 5, '#c8952d') + dot(132, 112, 8, '#c8952d') + oval(106, 76, 8, 5, '#d9a83c'),
  fruit: (c, d, l) =>
    dot(76, 96, 30, '#b5493c') + dot(126, 98, 28, '#c9713d') + dot(101, 88, 31, '#8f9f42') + line('M101 60q0-12 7-18', '#5a4630', 3.5) +
    shape('M104 52q12-14 26-8q-8 14-26 8z', '#5d7a3a') + line('M84 80q4-9 12-11', '#c5d07f', 4),
  veg: () =>
    shape('M96 62q26 20 16 46l-20 22q-10-40 4-68z', '#d9772f') + shape('M70 66q26 14 22 42l-12 22q-20-36-10-64z', '#e08a3e') +
    line('M100 62q2-16 14-24M98 62q-2-16-10-24M72 66q-4-14-14-20M74 66q2-14 8-20', '#5d7a3a', 5) + line('M80 92l8 2M100 86l9-1M84 108l6 1', '#b95f20', 2),
  box: (c, d, l) =>
    shape('M52 56l46-14 50 12-46 16z', l) + shape('M52 56l50 14v60l-50-14z', c) + shape('M102 70l46-16v60l-46 16z', d) + shape('M62 76l30 8v22l-30-8z', l),
  bar: (c, d, l) =>
    `<g transform="rotate(-14 100 82)">${box(50, 52, 100, 60, d, 4)}${box(50, 52, 66, 60, c, 3)}${box(60, 64, 44, 36, l, 2)}${line('M124 54v56M116 82h32', '#00000022', 2)}${line('M68 78h28M72 87h20', d, 2.5)}</g>`,
  book: (c, d, l) =>
    shape('M62 36h72q6 0 6 6v82q0 6-6 6H62z', c) + box(58, 36, 12, 94, d, 4) + box(84, 56, 42, 24, l, 2) + line('M92 64h26M92 71h18', d, 2) + line('M126 36v94', l, 4),
  plant: (c, d) =>
    leaf(100, 86, '#5d7a3a', 1.7) + `<g transform="rotate(-38 100 88)">${leaf(100, 86, '#718f47', 1.5)}</g><g transform="rotate(38 100 88)">${leaf(100, 86, '#4b662d', 1.5)}</g>` +
    shape('M72 86h56l-7 42H79z', c) + box(68, 80, 64, 12, d, 3),
  towel: (c, d, l) =>
    box(56, 42, 88, 86, l, 4) + box(56, 58, 88, 6, c) + box(56, 70, 88, 3, c) + box(56, 104, 88, 6, c) + shape('M56 42h44v86H60q-4 0-4-4z', '#00000010') +
    line('M62 128v5M74 128v5M86 128v5M98 128v5M110 128v5M122 128v5M134 128v5', c, 2.5),
  brush: (c, d, l) =>
    `<g transform="rotate(32 100 82)">${box(94, 18, 12, 74, '#b78a55', 6)}${box(80, 86, 40, 14, c, 4)}${line('M84 100v24M92 100v26M100 100v27M108 100v26M116 100v24', l, 6)}${line('M88 100v24M96 100v26M104 100v26M112 100v24', d, 1.5)}</g>`,
  tin: (c, d, l) =>
    shape('M66 52h68v66q-34 14-68 0z', c) + oval(100, 52, 34, 9, l) + oval(100, 52, 28, 6.500, d) + shape('M66 72q34 12 68 0v30q-34 13-68 0z', l) + oval(100, 92, 15, 7, c),
  clothing: (c, d, l) =>
    shape('M72 40l-32 18 12 26 14-7v52h68V77l14 7 12-26-32-18q-28 20-56 0z', c) + line('M72 40q28 22 56 0', d, 4) + line('M66 118h68', d, 2) + box(108, 72, 14, 12, l, 2),
  lamp: (c, d, l) => shape('M76 34h48l20 46H56z', l) + line('M76 34h48', d, 3) + box(97, 80, 6, 40, d) + oval(100, 124, 28, 6, c) + line('M122 80v16', c, 2) + dot(122, 98, 3, c),
  toy: (c, d, l) =>
    box(50, 74, 100, 30, c, 10) + shape('M74 74q4-24 20-24h20q14 0 18 24z', l) + box(97, 52, 5, 22, d) + dot(74, 106, 15, d) + dot(74, 106, 6, l) + dot(126, 106, 15, d) + dot(126, 106, 6, l),
  knife: (c, d, l) =>
    `<g transform="rotate(-32 100 80)">${shape('M34 68h84v26q-60 2-84-26z', '#c9ced4')}${shape('M34 68h84v6H40z', '#e6e9ec')}${box(118, 66, 56, 20, c, 8)}${dot(132, 76, 2.5, l)}${dot(146, 76, 2.5, l)}${dot(160, 76, 2.5, l)}</g>`,
  pan: (c, d, l) =>
    box(134, 76, 50, 10, d, 5) + shape('M40 70h96v44q0 14-14 14H54q-14 0-14-14z', c) + oval(88, 70, 48, 10, d) + oval(88, 71, 42, 7, l) + box(24, 78, 18, 9, d, 4),
  glass: (c, d, l) =>
    shape('M68 38h64l-8 86q-24 8-48 0z', l) + shape('M72.5 76h55l-4.5 46q-23 7-46 0z', c) + oval(100, 38, 32, 7, '#ffffff') + oval(100, 38, 27, 5, l) + line('M80 52l4 56', '#ffffff', 3),
  teapot: (c, d, l) =>
    line('M134 74q28-6 24 20t-30 20', c, 8) + shape('M66 92q-20 2-26-24l-8-4q12-8 20 0q4 14 18 14z', c) + shape('M58 88q0-30 40-30t40 30q0 40-40 40t-40-40z', c) +
    oval(98, 62, 24, 6, d) + dot(98, 52, 6, d) + line('M66 100q32 10 64 0', l, 3),
  heap: (c, d) =>
    [[76, 64], [92, 56], [108, 58], [124, 65], [84, 70], [100, 66], [116, 71], [66, 72], [134, 72]]
      .map(([x, y], at) => oval(x, y, 10, 7.5, ['#b98449', '#a06c36', '#cc9a5d'][at % 3])).join('') +
    shape('M46 72h108q-4 54-54 56-50-2-54-56z', c) + line('M54 84q46 12 92 0', d, 3),
  basket: () =>
    line('M62 74q38-66 76 0', '#a9834f', 6) + shape('M50 72h100l-10 52q-40 8-80 0z', '#c9a468') +
    line('M53 86q47 8 94 0M56 100q44 8 88 0M59 113q41 8 82 0', '#a9834f') + line('M74 74l4 50M100 76v51M126 74l-4 50', '#b8935a') + box(46, 68, 108, 9, '#a9834f', 4),
  gift: (c, d, l) =>
    box(56, 66, 88, 62, c, 4) + box(50, 54, 100, 18, d, 4) + box(93, 54, 14, 74, l) + shape('M100 54q-34-4-30-22q16-8 30 22z', l) + shape('M100 54q34-4 30-22q-16-8-30 22z', l) + dot(100, 52, 5, c),
  frame: (c, d, l) =>
    box(58, 28, 84, 100, '#b78a55', 3) + box(68, 38, 64, 80, '#fbf8f1') + box(78, 50, 44, 56, l) + dot(108, 66, 8, '#eba83a') + shape('M78 106v-16q12-12 22-2t22-6v24z', c),
  vase: (c, d, l) =>
    line('M96 60q-4-26-16-36M104 60q2-30 16-40M100 60V22', '#5d7a3a') + leaf(80, 36, '#718f47', 0.8) + leaf(121, 32, '#5d7a3a', 0.8) + leaf(100, 30, '#718f47', 0.8) +
    shape('M88 58h24q-2 14 12 26q16 24-8 44H84q-24-20-8-44q14-12 12-26z', c) + oval(100, 58, 12, 3.5, d) + line('M80 96q20 8 40 0', l),
  packet: (c, d, l) =>
    box(46, 50, 108, 76, c, 5) + box(46, 50, 108, 9, d, 4) + box(46, 117, 108, 9, d, 4) + box(60, 65, 80, 46, l, 4) +
    dot(86, 88, 15, '#c9904f') + dot(114, 88, 15, '#d8a566') + dot(81, 84, 2, d) + dot(90, 92, 2, d) + dot(110, 84, 2, d) + dot(119, 91, 2, d),
};

// The first rule that fits `category: name` decides.
const RULES = [
  [/\b(gift box|gift bag|hamper|ribbon)/, 'gift'],
  [/\b(croissant|pastry)/, 'croissant'],
  [/\b(knife|corkscrew)/, 'knife'],
  [/\b(board|tray|plate|platter|clock)\b/, 'plate'],
  [/\b(notebook|cookbook|book|guide|diary|cards?|postcard|calendar|paper|filters)\b/, 'book'],
  [/\b(teapot|cafeti.re|jug|watering can|moka)\b/, 'teapot'],
  [/\b(pan|saucepan|casserole|wok|scale|grinder)\b/, 'pan'],
  [/\b(mug|cups?|beaker)\b/, 'mug'],
  [/\b(glass|glasses|carafe|tumbler)\b/, 'glass'],
  [/\b(bowl|dish(?! brush)|colander|salt pig)\b/, 'bowl'],
  [/\b(brush|broom|spoon|spatula|whisk|peeler|pin|press|strainer|grater|cutlery|hooks|pen|pencil)\b/, 'brush'],
  [/\b(tea lights|candle|incense)/, 'candle'],
  [/\b(hand soap|liquid|shampoo|lotion)\b/, 'bottle'],
  [/\b(soap|bath salts)\b/, 'soap'],
  [/\b(towel|cloth|tablecloth|apron|blanket|napkins?|throw|cushion|doormat|twine)\b/, 'towel'],
  [/\b(shirt|jumper|socks?|hat|scarf|glove)\b/, 'clothing'],
  [/\b(plant pot|in a pot)\b/, 'plant'],
  [/\b(vase|flowers)\b/, 'vase'],
  [/\b(basket|tote)\b/, 'basket'],
  [/\b(frame|poster|print|jigsaw)\b/, 'frame'],
  [/\b(lamp|lantern|umbrella)\b/, 'lamp'],
  [/\b(toy|wooden top|blocks|puzzle)\b/, 'toy'],
  [/\b(wine|riesling|prosecco)\b/, 'wine'],
  [/^biscuits|\b(biscuits?|shortbread|cookies?|crackers)\b/, 'packet'],
  [/\bloose\b/, 'heap'],
  [/^chocolate|\b(chocolate|nougat)\b/, 'bar'],
  [/\b(loaf(?! tin)|bread|sourdough|baguette)\b/, 'loaf'],
  [/\b(cheese|cheddar|brie|comt.|gouda|parmesan)/, 'cheese'],
  [/\b(jar|jam|honey|marmalade|curd|spread|butter|pesto|mustard|tahini|pickle|chutney|cream)\b/, 'jar'],
  [/\b(tin|anchovies|sardines|olives|tuna|passata)\b/, 'tin'],
  [/^(drinks|oil)|\b(oil|vinegar|syrup|juice|water|lemonade|cordial|sauce|milk)\b/, 'bottle'],
  [/^coffee|\b(coffee|espresso)\b/, 'coffee'],
  [/^loose/, 'heap'],
  [/^spices/, 'tin'],
  [/^(tea|pantry)|\b(tea|infusion|rice|pasta|flour|sugar|salt|oats)\b/, 'pouch'],
  [/\b(carrots?|potato|leek|onion|tomato|vegetables?|salad)\b/, 'veg'],
  [/\b(apples?|pears?|oranges?|lemons?|fruit|berries|produce)\b/, 'fruit'],
  [/^kitchen/, 'brush'],
  [/^tableware/, 'plate'],
];

// FNV-1a: the same SKU always wears the same colours.
function hash(text) {
  let sum = 0x811c9dc5;
  for (const unit of text) sum = Math.imul(sum ^ unit.codePointAt(0), 0x01000193) >>> 0;
  return sum;
}

/** The picture of a product, as SVG text without inline style. */
export function picture({ sku, name, category }) {
  const text = `${category ?? ''}: ${name}`.toLowerCase();
  const seed = hash(sku);
  const kind = RULES.find(([words]) => words.test(text))?.[1] ?? ['box', 'jar', 'pouch', 'tin'][seed % 4];
  const [c, d, l] = NAMED.find(([words]) => words.test(text))?.[1] ?? COLOURS[(seed >>> 8) % COLOURS.length];
  return `<svg viewBox="0 0 200 150" aria-hidden="true" focusable="false" class="tint-${(seed >>> 16) % 5}">
    <ellipse cx="100" cy="130" rx="58" ry="6" fill="#000" opacity="0.12"/>${SHAPES[kind](c, d, l)}</svg>`;
}
