package price

import "fmt"

// Usage is the token counts of a request. Every token is counted in exactly
// one field: Input holds no cached, audio or image tokens, and Output no
// reasoning, audio or image tokens. Providers count differently (OpenAI's
// prompt_tokens includes cached tokens, Anthropic's input_tokens does not):
// use OpenAI, Anthropic or Gemini to convert what they report.
type Usage struct {
	Input, Output          int64
	CacheRead, CacheWrite  int64
	Reasoning              int64
	AudioInput, ImageInput int64
	AudioOutput            int64
	ImageOutput            int64
	// Requests is how many requests the counts are the sum of. Zero beside
	// any token counts as one, so that a forgotten count makes nothing free.
	Requests int64
}

// Context is the length that selects a tier: all tokens that were sent,
// cached ones included.
func (u Usage) Context() (int64, error) {
	return add("context", u.Input, u.CacheRead, u.CacheWrite, u.AudioInput, u.ImageInput)
}

func (u *Usage) counts() [kinds]int64 {
	return [kinds]int64{
		Input: u.Input, Output: u.Output, CacheRead: u.CacheRead, CacheWrite: u.CacheWrite, Reasoning: u.Reasoning,
		AudioInput: u.AudioInput, AudioOutput: u.AudioOutput, ImageInput: u.ImageInput, ImageOutput: u.ImageOutput,
	}
}

// add sums counts that must not be negative.
func add(what string, counts ...int64) (int64, error) {
	var sum int64
	for _, n := range counts {
		if n < 0 {
			return 0, fmt.Errorf("%w: %s has a negative count (%d)", ErrUsage, what, n)
		}
		sum += n
		if sum < 0 {
			return 0, fmt.Errorf("%w: %s does not fit an int64", ErrUsage, what)
		}
	}
	return sum, nil
}
