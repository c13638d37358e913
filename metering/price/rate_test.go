package price_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"tollgate.dev/tollgate/metering/price"
)

func TestCost(t *testing.T) {
	full := price.Entry{Model: "m", Rates: price.Rates{
		price.Input: usd("3"), price.Output: usd("15"), price.CacheRead: usd("0.30"), price.CacheWrite: usd("3.75"), price.Reasoning: usd("20"),
		price.AudioInput: usd("40"), price.AudioOutput: usd("80"), price.ImageInput: usd("10"), price.ImageOutput: usd("60"),
	}}
	plain := chat("", "m", "3", "15")
	tiered := plain
	tiered.Tiers = []price.Tier{
		{Above: 1_000_000, Rates: price.Rates{price.Input: usd("9")}},
		{Above: 200_000, Rates: price.Rates{price.Input: usd("6"), price.Output: usd("22.5"), price.CacheRead: usd("0.60")}},
	}
	perRequest := plain
	perRequest.PerRequest = ptr(usd("0.005"))
	only := price.Entry{Model: "m", PerRequest: ptr(usd("0.01")), PerRequestOnly: true}
	embedding := price.Entry{Model: "m", Mode: price.Embedding, Rates: price.Rates{price.Input: usd("0.02")}}
	image := price.Entry{Model: "m", Mode: price.Image, Rates: price.Rates{price.Input: usd("5"), price.ImageOutput: usd("40")}}
	speech := price.Entry{Model: "m", Mode: price.Audio, Rates: price.Rates{price.Input: usd("0.60"), price.AudioOutput: usd("12")}}
	hearing := price.Entry{Model: "m", Mode: price.Audio, Rates: price.Rates{price.AudioInput: usd("6"), price.Output: usd("10")}}
	free := chat("", "m", "0", "0")
	dear := chat("", "m", "10000000", "10000000")

	tests := []struct {
		name  string
		entry price.Entry
		usage price.Usage
		want  string
		err   error
		says  string
	}{
		{name: "nothing", entry: plain, want: "0.00"},
		{name: "input and output", entry: plain, usage: price.Usage{Input: 1000, Output: 500, Requests: 1}, want: "0.0105"},
		{name: "a single token is rounded up", entry: chat("", "m", "0.000000001", "0"), usage: price.Usage{Input: 1}, want: "0.000000001"},
		{name: "rounded up once, not once a kind", entry: chat("", "m", "0.0000004", "0.0000006"), usage: price.Usage{Input: 1000, Output: 1000}, want: "0.000000001"},
		{name: "every kind", entry: full, usage: price.Usage{
			Input: 1000, Output: 1000, CacheRead: 1000, CacheWrite: 1000, Reasoning: 1000,
			AudioInput: 1000, AudioOutput: 1000, ImageInput: 1000, ImageOutput: 1000, Requests: 1,
		}, want: "0.23205"},
		{name: "a cached token costs the input price", entry: plain, usage: price.Usage{CacheRead: 1_000_000, CacheWrite: 1_000_000}, want: "6.00"},
		{name: "a reasoning token costs the output price", entry: plain, usage: price.Usage{Reasoning: 1_000_000}, want: "15.00"},
		{name: "audio is unpriced", entry: plain, usage: price.Usage{AudioInput: 1}, err: price.ErrUnpriced, says: "audioInput tokens"},
		{name: "image output is unpriced", entry: plain, usage: price.Usage{ImageOutput: 1}, err: price.ErrUnpriced, says: "imageOutput tokens"},
		{name: "zero is a price", entry: free, usage: price.Usage{Input: math.MaxInt32, Output: math.MaxInt32}, want: "0.00"},
		{name: "at the tier's edge", entry: tiered, usage: price.Usage{Input: 200_000}, want: "0.60"},
		{name: "past the tier's edge the whole request", entry: tiered, usage: price.Usage{Input: 200_001, Output: 1_000_000}, want: "23.700006"},
		{name: "cached tokens lengthen the context", entry: tiered, usage: price.Usage{Input: 100_000, CacheRead: 100_001}, want: "0.6600006"},
		{name: "output does not", entry: tiered, usage: price.Usage{Input: 100, Output: 1_000_000}, want: "15.0003"},
		{name: "the second tier inherits the first", entry: tiered, usage: price.Usage{Input: 1_000_000, CacheRead: 1_000_000, Output: 1_000_000}, want: "32.10"},
		{name: "a tier's missing cache write is its input", entry: tiered, usage: price.Usage{CacheWrite: 1_000_001}, want: "9.000009"},
		{name: "per request", entry: perRequest, usage: price.Usage{Input: 1000, Requests: 1}, want: "0.008"},
		{name: "per request, count forgotten", entry: perRequest, usage: price.Usage{Input: 1000}, want: "0.008"},
		{name: "per request, three of them", entry: perRequest, usage: price.Usage{Input: 1000, Requests: 3}, want: "0.018"},
		{name: "per request only", entry: only, usage: price.Usage{Input: 5, AudioOutput: 7, Requests: 1}, want: "0.01"},
		{name: "a sum takes the tier of its mean", entry: tiered, usage: price.Usage{Input: 400_000, Requests: 2}, want: "1.20"},
		{name: "a sum just above it", entry: tiered, usage: price.Usage{Input: 400_001, Requests: 2}, want: "2.400006"},
		{name: "embedding", entry: embedding, usage: price.Usage{Input: 1_000_000}, want: "0.02"},
		{name: "embedding with output", entry: embedding, usage: price.Usage{Input: 1, Output: 1}, err: price.ErrUnpriced, says: "output tokens"},
		{name: "image, all output", entry: image, usage: price.Usage{Input: 1_000_000, Output: 1_000_000}, want: "45.00"},
		{name: "image, told apart", entry: image, usage: price.Usage{Input: 1_000_000, ImageOutput: 1_000_000}, want: "45.00"},
		{name: "image sent in, unpriced", entry: image, usage: price.Usage{ImageInput: 1}, err: price.ErrUnpriced, says: "imageInput"},
		{name: "speech", entry: speech, usage: price.Usage{Input: 1_000_000, Output: 1_000_000}, want: "12.60"},
		{name: "transcription", entry: hearing, usage: price.Usage{Input: 1_000_000, Output: 1_000_000}, want: "16.00"},
		{name: "negative tokens", entry: plain, usage: price.Usage{Output: -1}, err: price.ErrUsage, says: "-1 output tokens"},
		{name: "negative requests", entry: plain, usage: price.Usage{Requests: -1}, err: price.ErrUsage},
		{name: "context does not fit", entry: free, usage: price.Usage{Input: math.MaxInt64, CacheRead: 1}, err: price.ErrUsage},
		{name: "too dear", entry: dear, usage: price.Usage{Output: math.MaxInt64}, err: price.ErrOverflow},
		{name: "too dear by the carry", entry: dear, usage: price.Usage{Input: 1 << 62, Output: math.MaxInt64, Reasoning: math.MaxInt64}, err: price.ErrOverflow},
		{name: "the most that fits", entry: chat("", "m", "1", "1"), usage: price.Usage{Output: math.MaxInt64 / 1000}, want: "9223372036.854775"},
		{name: "too many requests by exactly 2^64", entry: price.Entry{Model: "m", PerRequest: ptr(4), PerRequestOnly: true}, usage: price.Usage{Requests: 1 << 62}, err: price.ErrOverflow},
		{name: "too many requests", entry: only, usage: price.Usage{Requests: math.MaxInt64}, err: price.ErrOverflow},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := price.NewTable([]price.Entry{tt.entry}).Lookup("", "m", day(1))
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Cost(tt.usage)
			if tt.err != nil {
				if !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.says) || got != 0 {
					t.Fatalf("Cost = %s, %v; want %v saying %q", got, err, tt.err, tt.says)
				}
				return
			}
			if err != nil || got.String() != tt.want {
				t.Fatalf("Cost = %s, %v; want %s", got, err, tt.want)
			}
		})
	}
}

func TestMaxCost(t *testing.T) {
	cached := chat("", "m", "3", "15")
	cached.Rates[price.CacheWrite] = usd("3.75")
	cheaperLong := chat("", "m", "10", "1")
	cheaperLong.Tiers = []price.Tier{{Above: 1000, Rates: price.Rates{price.Input: usd("1")}}}
	audio := chat("", "m", "2.5", "10")
	audio.Rates[price.AudioInput] = usd("40")
	tests := []struct {
		name       string
		entry      price.Entry
		in, out    int64
		want, text string
		err        error
	}{
		{name: "cache writes are dearer than input", entry: cached, in: 1_000_000, out: 1_000_000, want: "18.75", text: "18.75"},
		{name: "below a tier", entry: cheaperLong, in: 1000, out: 0, want: "0.01", text: "0.01"},
		{name: "a longer context may be cheaper", entry: cheaperLong, in: 2000, out: 0, want: "0.01", text: "0.01"},
		{name: "until its length outweighs that", entry: cheaperLong, in: 20_000, out: 0, want: "0.02", text: "0.02"},
		{name: "audio", entry: audio, in: 1_000_000, out: 0, want: "40.00", text: "2.50"},
		{name: "nothing", entry: cached, want: "0.00", text: "0.00"},
		{name: "negative", entry: cached, in: -1, err: price.ErrUsage},
		{name: "too much", entry: chat("", "m", "10000000", "10000000"), in: math.MaxInt64, out: math.MaxInt64, err: price.ErrOverflow},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := price.NewTable([]price.Entry{tt.entry}).Lookup("", "m", day(1))
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.MaxCost(tt.in, tt.out)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if tt.err != nil {
				return
			}
			text, err := r.MaxTextCost(tt.in, tt.out)
			if err != nil || got.String() != tt.want || text.String() != tt.text {
				t.Fatalf("MaxCost %s, MaxTextCost %s, %v; want %s and %s", got, text, err, tt.want, tt.text)
			}
		})
	}
}

func TestRateSaysWhereItIsFrom(t *testing.T) {
	e := chat("openai", "gpt", "1", "2")
	e.From, e.PerRequest = day(3), ptr(5)
	r, err := price.NewTable([]price.Entry{e}).Lookup("", "gpt", day(4))
	if err != nil {
		t.Fatal(err)
	}
	if r.Provider() != "openai" || !r.From().Equal(day(3)) || r.Mode() != price.Chat || r.PerRequest() != 5 {
		t.Fatalf("rate %q %s %s %d", r.Provider(), r.From(), r.Mode(), r.PerRequest())
	}
	if _, ok := r.Price(price.AudioInput, 0); ok {
		t.Fatal("audio has a price")
	}
	if _, ok := r.Price(price.Kind(99), 0); ok {
		t.Fatal("kind 99 has a price")
	}
	zero := price.Rate{}
	if _, ok := zero.Price(price.Input, 0); ok || zero.Provider() != "" || zero.PerRequest() != 0 || !zero.From().IsZero() || zero.Mode() != "" {
		t.Fatal("the zero rate says something")
	}
	if _, err := zero.MaxCost(1, 1); !errors.Is(err, price.ErrUnpriced) {
		t.Fatalf("the zero rate has a bound: %v", err)
	}
}
