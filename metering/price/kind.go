package price

import "tollgate.dev/tollgate/metering/money"

// Kind is a kind of token with a price of its own.
type Kind uint8

// The kinds of tokens. A token belongs to exactly one of them.
const (
	Input Kind = iota
	Output
	CacheRead
	CacheWrite
	Reasoning
	AudioInput
	AudioOutput
	ImageInput
	ImageOutput
	kinds // their number
)

// String is the name of the kind's field in a PriceTable.
func (k Kind) String() string {
	switch k {
	case Input:
		return "input"
	case Output:
		return "output"
	case CacheRead:
		return "cacheRead"
	case CacheWrite:
		return "cacheWrite"
	case Reasoning:
		return "reasoning"
	case AudioInput:
		return "audioInput"
	case AudioOutput:
		return "audioOutput"
	case ImageInput:
		return "imageInput"
	case ImageOutput:
		return "imageOutput"
	}
	return "unknown"
}

// Kinds are all kinds, in the order of a PriceTable's fields.
func Kinds() []Kind {
	all := make([]Kind, 0, kinds)
	for k := range kinds {
		all = append(all, k)
	}
	return all
}

// Rates are prices in nano-USD per million tokens. A kind that is not in the
// map has no price; a kind at 0 is free.
type Rates map[Kind]money.Amount

// Mode is what a model does, and so which kinds of tokens it can report. The
// values are those of a PriceTable.
type Mode string

// The modes.
const (
	Chat       Mode = "Chat"
	Completion Mode = "Completion"
	Embedding  Mode = "Embedding"
	Rerank     Mode = "Rerank"
	Image      Mode = "Image"
	Audio      Mode = "Audio"
)

// valid tells whether the mode is known.
func (m Mode) valid() bool {
	switch m {
	case Chat, Completion, Embedding, Rerank, Image, Audio:
		return true
	}
	return false
}

// needed are the kinds without which a model of this mode is unpriced. The
// other kinds fall back to one of these, or are unpriced when a request
// reports them.
func (m Mode) needed() []Kind {
	if m == Embedding || m == Rerank {
		return []Kind{Input}
	}
	return []Kind{Input, Output}
}

// fallbacks are the kinds whose price stands in for one that is left out, in
// this order: a cached token is never free but costs the input price, a
// reasoning token the output price. A model that makes images (or audio) may
// name only the price of those; then all its output costs that.
func (m Mode) fallbacks() [][2]Kind {
	var first [][2]Kind
	switch m {
	case Image:
		first = [][2]Kind{{Input, ImageInput}, {Output, ImageOutput}}
	case Audio:
		first = [][2]Kind{{Input, AudioInput}, {Output, AudioOutput}}
	}
	return append(first, [2]Kind{CacheRead, Input}, [2]Kind{CacheWrite, Input}, [2]Kind{Reasoning, Output})
}
