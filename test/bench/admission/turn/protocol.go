package turn

import (
	"encoding/json"
	"time"
)

// Work is what an engine is given before its first turn.
type Work struct {
	// Policies in the form that the engine's program expects, one document each.
	Policies []json.RawMessage
	// Objects that exist already, as JSON.
	Objects []json.RawMessage
	// Reviews are whole AdmissionReviews as JSON.
	Reviews []json.RawMessage
}

// Finding is one violation that an engine found.
type Finding struct {
	Policy, Message string
}

// Took is what a turn cost the whole process.
type Took struct {
	// Reviews that were judged.
	Reviews int
	// Wall is the time that passed, CPU the processor time of all threads: the
	// garbage collector's too.
	Wall, CPU time.Duration
	// Allocations and Bytes that were allocated.
	Allocations, Bytes uint64
	// OutOfTime is how many reviews had a policy that ran out of time.
	OutOfTime int `json:",omitempty"`
	// Each review's time, where it was asked for.
	Each []time.Duration `json:",omitempty"`
}

// PerReview returns processor time for one review.
func (t Took) PerReview() time.Duration { return t.CPU / time.Duration(t.Reviews) }

// PerSecond returns reviews in one second of one core.
func (t Took) PerSecond() float64 { return float64(t.Reviews) / t.CPU.Seconds() }

// Turn is what an engine is asked to do: reviews in order, from the first one
// again after the last.
type Turn struct {
	// Reviews is how many.
	Reviews int
	// FromBytes has whole AdmissionReviews decoded and answered; otherwise
	// requests that were decoded before are judged.
	FromBytes bool
	// Rate is how many begin in a second, whether earlier ones ended or not; 0:
	// one after the other.
	Rate float64
	// Each has every review timed, with a Rate from when it was due.
	Each bool
}

// request is one line to an engine.
type request struct {
	Work    *Work `json:",omitempty"`
	Judge   *int  `json:",omitempty"` // a review's index
	Turn    *Turn `json:",omitempty"`
	Disturb *bool `json:",omitempty"`
	Settle  bool  `json:",omitempty"`
}

// answer is one line back.
type answer struct {
	Error    string    `json:",omitempty"`
	Findings []Finding `json:",omitempty"`
	Took     Took
}
