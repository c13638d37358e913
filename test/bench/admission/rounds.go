package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"time"

	"tollgate.dev/tollgate/test/bench/admission/turn"
)

// pace is how long is measured.
type pace struct {
	rounds int
	turn   time.Duration // of one engine in one round
}

func paceFor(quick bool) pace {
	if quick {
		return pace{rounds: 2, turn: 20 * time.Millisecond}
	}
	return pace{rounds: 11, turn: 150 * time.Millisecond}
}

// measured is the median turn of each engine, by name.
type measured map[string]turn.Took

// takeTurns gives every engine a turn in every round, so that a machine that
// slows down slows all of them down, beginning with another one each round.
// Turns are whole passes over the reviews.
func (f *field) takeTurns(p pace, reviews int, fromBytes bool) (measured, error) {
	sizes := make([]int, len(f.players))
	for i, player := range f.players {
		took, err := player.Run(turn.Turn{Reviews: reviews, FromBytes: fromBytes}) // warms up, too
		if err != nil {
			return nil, err
		}
		sizes[i] = reviews * int(max(1, p.turn/max(took.CPU, 1)))
	}
	all := make([][]turn.Took, len(f.players))
	for round := range p.rounds {
		for n := range f.players {
			i := (n + round) % len(f.players)
			took, err := f.players[i].Run(turn.Turn{Reviews: sizes[i], FromBytes: fromBytes})
			if err != nil {
				return nil, err
			}
			all[i] = append(all[i], took)
		}
	}
	medians := measured{}
	for i, player := range f.players {
		slices.SortFunc(all[i], func(a, b turn.Took) int { return cmp.Compare(a.PerReview(), b.PerReview()) })
		m := all[i][len(all[i])/2]
		medians[player.Name] = m
		fmt.Fprintf(os.Stderr, "%-28s %10s a review (%s to %s), %6.0f a second, %7d allocations, %8d bytes\n", player.Name, m.PerReview(),
			all[i][0].PerReview(), all[i][len(all[i])-1].PerReview(), m.PerSecond(), m.Allocations/uint64(m.Reviews), m.Bytes/uint64(m.Reviews))
	}
	return medians, nil
}
