package price_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tollgate.dev/tollgate/metering/price"
)

func TestFamilies(t *testing.T) {
	tests := []struct {
		name   string
		report interface{ Usage() (price.Usage, error) }
		want   price.Usage
		err    error
	}{
		{name: "openai, cached tokens are part of the prompt",
			report: price.OpenAI{PromptTokens: 1000, CompletionTokens: 500, CachedTokens: 400, ReasoningTokens: 300},
			want:   price.Usage{Input: 600, CacheRead: 400, Output: 200, Reasoning: 300, Requests: 1}},
		{name: "openai, audio and images",
			report: price.OpenAI{PromptTokens: 100, PromptAudioTokens: 30, PromptImageTokens: 20, CompletionTokens: 50, CompletionAudioTokens: 40, CompletionImageTokens: 5},
			want:   price.Usage{Input: 50, AudioInput: 30, ImageInput: 20, Output: 5, AudioOutput: 40, ImageOutput: 5, Requests: 1}},
		{name: "openai, cached audio counts once, as audio",
			report: price.OpenAI{PromptTokens: 100, CachedTokens: 100, PromptAudioTokens: 30},
			want:   price.Usage{CacheRead: 70, AudioInput: 30, Requests: 1}},
		{name: "openai, more cached than sent", report: price.OpenAI{PromptTokens: 10, CachedTokens: 11}, err: price.ErrUsage},
		{name: "openai, more reasoning than completion", report: price.OpenAI{CompletionTokens: 10, ReasoningTokens: 11}, err: price.ErrUsage},
		{name: "openai, negative", report: price.OpenAI{PromptTokens: 10, CachedTokens: -1}, err: price.ErrUsage},
		{name: "openai, negative audio", report: price.OpenAI{PromptTokens: 10, PromptAudioTokens: -1}, err: price.ErrUsage},
		{name: "anthropic, cached tokens come on top",
			report: price.Anthropic{InputTokens: 100, OutputTokens: 50, CacheCreationInputTokens: 2000, CacheReadInputTokens: 3000},
			want:   price.Usage{Input: 100, Output: 50, CacheWrite: 2000, CacheRead: 3000, Requests: 1}},
		{name: "anthropic, negative", report: price.Anthropic{OutputTokens: -5}, err: price.ErrUsage},
		{name: "gemini, thoughts come on top, cached tokens do not",
			report: price.Gemini{PromptTokenCount: 1000, CachedContentTokenCount: 400, ToolUsePromptTokenCount: 70, CandidatesTokenCount: 20, ThoughtsTokenCount: 30},
			want:   price.Usage{Input: 670, CacheRead: 400, Output: 20, Reasoning: 30, Requests: 1}},
		{name: "gemini, more cached than sent", report: price.Gemini{PromptTokenCount: 1, CachedContentTokenCount: 2}, err: price.ErrUsage},
		{name: "gemini, negative", report: price.Gemini{ThoughtsTokenCount: -2}, err: price.ErrUsage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.report.Usage()
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Fatal(d)
			}
		})
	}
}

// TestOpenAICountsEveryTokenOnce: whatever the parts, the totals stay.
func TestOpenAICountsEveryTokenOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := func(name string) int64 { return rapid.Int64Range(-1, 20).Draw(t, name) }
		o := price.OpenAI{
			PromptTokens: n("prompt"), CachedTokens: n("cached"), PromptAudioTokens: n("audio in"), PromptImageTokens: n("images in"),
			CompletionTokens: n("completion"), ReasoningTokens: n("reasoning"), CompletionAudioTokens: n("audio out"), CompletionImageTokens: n("images out"),
		}
		u, err := o.Usage()
		if err != nil {
			if !errors.Is(err, price.ErrUsage) {
				t.Fatal(err)
			}
			return
		}
		for k, n := range counts(u) {
			if n < 0 {
				t.Fatalf("%d %s tokens", n, k)
			}
		}
		if in := u.Input + u.CacheRead + u.CacheWrite + u.AudioInput + u.ImageInput; in != o.PromptTokens {
			t.Fatalf("%d prompt tokens became %d", o.PromptTokens, in)
		}
		if out := u.Output + u.Reasoning + u.AudioOutput + u.ImageOutput; out != o.CompletionTokens {
			t.Fatalf("%d completion tokens became %d", o.CompletionTokens, out)
		}
	})
}
