package price

import "fmt"

// OpenAI is usage as OpenAI's APIs and their imitators report it, where the
// details are parts of the two totals. Field names of the chat API; the
// Responses API says input_tokens and output_tokens.
type OpenAI struct {
	PromptTokens     int64 // prompt_tokens
	CompletionTokens int64 // completion_tokens

	CachedTokens      int64 // prompt_tokens_details.cached_tokens
	PromptAudioTokens int64 // prompt_tokens_details.audio_tokens
	PromptImageTokens int64 // prompt_tokens_details.image_tokens

	ReasoningTokens       int64 // completion_tokens_details.reasoning_tokens
	CompletionAudioTokens int64 // completion_tokens_details.audio_tokens
	CompletionImageTokens int64 // completion_tokens_details.image_tokens
}

// Usage takes the parts out of the totals. A token that is reported both as
// cached and as audio or image counts as the latter, which costs no less. A
// part that exceeds its total gives ErrUsage.
func (o OpenAI) Usage() (Usage, error) {
	cached, input, err := split("prompt", o.PromptTokens, o.CachedTokens, o.PromptAudioTokens, o.PromptImageTokens)
	if err != nil {
		return Usage{}, err
	}
	reasoning, output, err := split("completion", o.CompletionTokens, o.ReasoningTokens, o.CompletionAudioTokens, o.CompletionImageTokens)
	if err != nil {
		return Usage{}, err
	}
	return Usage{
		Input: input, CacheRead: cached, AudioInput: o.PromptAudioTokens, ImageInput: o.PromptImageTokens,
		Output: output, Reasoning: reasoning, AudioOutput: o.CompletionAudioTokens, ImageOutput: o.CompletionImageTokens,
		Requests: 1,
	}, nil
}

// split takes media and then first out of total. Where they overlap, first
// gives way.
func split(what string, total, first, audio, image int64) (firstLeft, rest int64, err error) {
	if _, err := add(what+" tokens", total, first); err != nil {
		return 0, 0, err
	}
	media, err := add(what+" tokens", audio, image)
	if err != nil {
		return 0, 0, err
	}
	if media > total || first > total {
		return 0, 0, fmt.Errorf("%w: a part of the %s tokens (%d) is larger than all of them (%d)", ErrUsage, what, max(media, first), total)
	}
	firstLeft = min(first, total-media)
	return firstLeft, total - media - firstLeft, nil
}

// Anthropic is usage as Anthropic's API reports it, where input_tokens
// excludes the cached tokens.
type Anthropic struct {
	InputTokens              int64 // input_tokens
	OutputTokens             int64 // output_tokens, thinking included
	CacheCreationInputTokens int64 // cache_creation_input_tokens
	CacheReadInputTokens     int64 // cache_read_input_tokens
}

// Usage takes the counts over as they are. Negative counts give ErrUsage.
func (a Anthropic) Usage() (Usage, error) {
	if _, err := add("the report", a.InputTokens, a.OutputTokens, a.CacheCreationInputTokens, a.CacheReadInputTokens); err != nil {
		return Usage{}, err
	}
	return Usage{
		Input: a.InputTokens, CacheWrite: a.CacheCreationInputTokens, CacheRead: a.CacheReadInputTokens,
		Output: a.OutputTokens, Requests: 1,
	}, nil
}

// Gemini is usageMetadata of Google's API, where the cached tokens are part of
// the prompt, the thoughts are not part of the candidates, and the tokens of
// tool results are counted beside the prompt.
type Gemini struct {
	PromptTokenCount        int64
	CachedContentTokenCount int64
	ToolUsePromptTokenCount int64
	CandidatesTokenCount    int64
	ThoughtsTokenCount      int64
}

// Usage takes the cached tokens out of the prompt. Negative counts, and more
// cached tokens than prompt tokens, give ErrUsage.
func (g Gemini) Usage() (Usage, error) {
	cached, prompt, err := split("prompt", g.PromptTokenCount, g.CachedContentTokenCount, 0, 0)
	if err != nil {
		return Usage{}, err
	}
	input, err := add("the prompt", prompt, g.ToolUsePromptTokenCount)
	if err != nil {
		return Usage{}, err
	}
	if _, err := add("the answer", g.CandidatesTokenCount, g.ThoughtsTokenCount); err != nil {
		return Usage{}, err
	}
	return Usage{
		Input: input, CacheRead: cached,
		Output: g.CandidatesTokenCount, Reasoning: g.ThoughtsTokenCount, Requests: 1,
	}, nil
}
