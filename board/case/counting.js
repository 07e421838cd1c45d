// How long a reply is, as its platform counts. An address counts as 23 on X and Mastodon; only what begins with http is
// taken for one here, where X also takes a bare domain.
const ADDRESSES = /https?:\/\/\S+/giu;
const ADDRESS_LENGTH = 23;
const SERVER_OF_MENTION = /(@[\w.-]+)@[\w.-]+\w/gu;
const EMOJI = /\p{Emoji_Presentation}|\p{Regional_Indicator}|\ufe0f|\u20e3/u;
const FAR_OVER = 20; // times the limit: so long a text is not counted letter by letter
const LETTERS = new Intl.Segmenter(undefined, { granularity: "grapheme" });

const COUNTS = {
  x: (text) => [...LETTERS.segment(shortened(text.normalize("NFC")))].reduce((sum, { segment }) => sum + weight(segment), 0),
  mastodon: (text) => [...LETTERS.segment(shortened(text).replace(SERVER_OF_MENTION, "$1"))].length,
  graphemes: (text) => [...LETTERS.segment(text)].length,
  code_points: (text) => [...text].length,
};

// Returns null where the text is much too long to be worth counting.
function replyLength(text, limit) {
  return text.length > FAR_OVER * limit.most ? null : COUNTS[limit.counts](text.trim());
}

function shortened(text) {
  return text.replace(ADDRESSES, "a".repeat(ADDRESS_LENGTH));
}

// X's table: these ranges count once, everything else twice, and an emoji twice whatever it is made of.
function weight(letter) {
  if (EMOJI.test(letter)) return 2;
  return [...letter].reduce((sum, each) => sum + (isLight(each.codePointAt(0)) ? 1 : 2), 0);
}

function isLight(code) {
  return code <= 4351 || (code >= 8192 && code <= 8205) || (code >= 8208 && code <= 8223) || (code >= 8242 && code <= 8247);
}

function lengthTag(text, limit, platform) {
  if (!limit || !text) return { words: "", over: false, title: "" };
  const length = replyLength(text, limit);
  const most = limit.most.toLocaleString();
  const title = `A reply on ${platform} has at most ${most} letters`;
  if (length === null) return { words: `far over ${most}`, over: true, title };
  return { words: `${length.toLocaleString()} / ${most}`, over: length > limit.most, title };
}
