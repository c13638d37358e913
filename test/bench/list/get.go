package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"tollgate.dev/tollgate/test/bench/load"
	"tollgate.dev/tollgate/test/bench/report"
)

const (
	getClients = 16
	getRounds  = 7
	// Of each round: to find out what the server can do, and to measure.
	saturateFor = 2 * time.Second
	getFor      = 3 * time.Second
)

// get measures gets of one budget at four fifths of what the server could do
// just before.
func (b *bench) get(ctx context.Context) ([]report.Result, error) {
	clients := load.Clients{Number: getClients, Ask: b.one}
	if _, err := clients.Saturate(ctx, time.Second); err != nil { // warms the authorization cache
		return nil, err
	}
	var due, sent []load.Round
	for range getRounds {
		rate, err := clients.Saturate(ctx, saturateFor)
		if err != nil {
			return nil, err
		}
		took, err := clients.Pace(ctx, 0.8*rate, getFor)
		if err != nil {
			return nil, err
		}
		due, sent = append(due, load.NewRound(took.Due)), append(sent, load.NewRound(took.Sent))
		d, s := due[len(due)-1], sent[len(sent)-1]
		fmt.Fprintf(os.Stderr, "gets: %.0f/s at most; at 80%%: median %s, p99 %s; from when they were sent %s, %s\n", rate, d.Median, d.P99, s.Median, s.P99)
	}
	d, s := load.Middle(due), load.Middle(sent)
	return []report.Result{
		report.AtMost("get one budget at 80% of saturation: p99 against the median", "ms", ms(d.P99), ms(d.Median), 5),
		report.AtMost("the same from when gets were sent, without waiting for a client", "ms", ms(s.P99), ms(s.Median), 5),
	}, nil
}

// one gets the same budget each time: authorization is cached by name, and
// asking kube-apiserver is not what is measured here.
func (b *bench) one(ctx context.Context) error {
	_, err := b.fetch(ctx, listURL+"/chat."+groupName(0)+"."+userName(0), "application/json", nil)
	return err
}
