package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"tollgate.dev/tollgate/test/bench/admission/turn"
	"tollgate.dev/tollgate/test/bench/report"
)

// memoryBound is what the baseline over 10,000 objects may take, in MiB.
const memoryBound = 300

// memory is that of a process that has the baseline and 10,000 objects, has
// judged and goes on judging.
func (b *bench) memory(ctx context.Context) (results []report.Result, err error) {
	w := newWorld(largeWorld)
	objects, err := w.objects()
	if err != nil {
		return nil, err
	}
	_, all, err := w.reviews()
	if err != nil {
		return nil, err
	}
	f, err := b.field(ctx, entrant{nameOurs, asWebhook, &turn.Work{Objects: objects, Reviews: all}, 0})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.stop()) }()
	player := f.players[0]
	judge := turn.Turn{Reviews: 20 * len(all), FromBytes: true}
	if _, err := player.Run(judge); err != nil {
		return nil, err
	}
	if err := player.Settle(); err != nil { // gives back what decoding 10,000 objects at once took
		return nil, err
	}
	settled, err := rssAnon(player.PID())
	if err != nil {
		return nil, err
	}
	if _, err := player.Run(judge); err != nil {
		return nil, err
	}
	busy, err := rssAnon(player.PID())
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "RssAnon with %d objects: %.0f MiB settled, %.0f MiB after %d more reviews\n", len(objects), settled, busy, judge.Reviews)
	return []report.Result{report.AtMost("RssAnon of the baseline with 10,000 objects, while it judges", "MiB", busy, memoryBound, 1)}, nil
}

// rssAnon returns a process's anonymous resident memory in MiB.
func rssAnon(pid int) (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("reading the memory of the engine: %w", err)
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			if err != nil {
				return 0, fmt.Errorf("reading the memory of the engine: %w", err)
			}
			return kib / 1024, nil
		}
	}
	return 0, fmt.Errorf("process %d does not tell its RssAnon", pid)
}
