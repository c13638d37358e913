package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"k8s.io/client-go/rest"

	"tollgate.dev/tollgate/hack/cluster"
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
// just before, and beside them gets of one Organization from kube-apiserver,
// which is the same generic server over etcd.
func (b *bench) get(ctx context.Context) ([]report.Result, error) {
	config, err := b.rig.Plane.Config(cluster.Admin())
	if err != nil {
		return nil, err
	}
	config.DisableCompression = true
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("making a client of kube-apiserver: %w", err)
	}
	defer client.CloseIdleConnections()
	ours := tail{name: "gets of a budget", ask: b.one}
	peer := tail{name: "gets of an Organization from kube-apiserver", ask: func(ctx context.Context) error {
		_, err := get(ctx, client, config.Host+"/apis/tollgate.dev/v1alpha1/organizations/"+org, "application/json", nil)
		return err
	}}
	for round := range 1 + getRounds {
		for _, t := range []*tail{&ours, &peer} {
			if err := t.round(ctx, round == 0); err != nil { // the first warms up
				return nil, err
			}
		}
	}
	due, sent := load.Middle(ours.due), load.Middle(ours.sent)
	against := func(how string, ours, peer []load.Round) report.Result {
		return report.AtMost("p99 by median, against kube-apiserver's get of an Organization, from when "+how, "times",
			load.Middle(ours).Ratio(), load.Middle(peer).Ratio(), 1)
	}
	return []report.Result{
		report.AtMost("get one budget at 80% of saturation: p99 against the median", "ms", ms(due.P99), ms(due.Median), 5),
		report.AtMost("the same from when gets were sent, without waiting for a client", "ms", ms(sent.P99), ms(sent.Median), 5),
		against("due", ours.due, peer.due),
		against("sent", ours.sent, peer.sent),
	}, nil
}

// tail is how long requests take while there are four fifths of those that saturate.
type tail struct {
	name      string
	ask       func(context.Context) error
	due, sent []load.Round
}

func (t *tail) round(ctx context.Context, warmUp bool) error {
	clients := load.Clients{Number: getClients, Ask: t.ask}
	rate, err := clients.Saturate(ctx, saturateFor)
	if err != nil || warmUp {
		return err
	}
	took, err := clients.Pace(ctx, 0.8*rate, getFor)
	if err != nil {
		return err
	}
	due, sent := load.NewRound(took.Due), load.NewRound(took.Sent)
	t.due, t.sent = append(t.due, due), append(t.sent, sent)
	fmt.Fprintf(os.Stderr, "%s: %.0f/s at most; at 80%%: median %s, p99 %s; from when they were sent %s, %s\n", t.name, rate, due.Median, due.P99, sent.Median, sent.P99)
	return nil
}

// one gets the same budget each time: authorization is cached by name, and
// asking kube-apiserver is not what is measured here.
func (b *bench) one(ctx context.Context) error {
	_, err := b.fetch(ctx, listURL+"/chat."+groupName(0)+"."+userName(0), "application/json", nil)
	return err
}
