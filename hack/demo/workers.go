package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tollgate.dev/tollgate/hack/cluster"
	"tollgate.dev/tollgate/hack/demo/traffic"
	"tollgate.dev/tollgate/hack/supervise"
)

// worker stands in for something a cluster has: a subcommand of this program, supervised like the rest.
type worker struct {
	name string
	// main runs it in a process of its own until ctx ends.
	main func(ctx context.Context, args []string) error
	// args are main's arguments in this demo.
	args func(d *demo, kubeconfig string) []string
	// ready answers nil once it works; nil when there is nothing to wait for.
	ready func(d *demo) func(context.Context) error
}

// workers returns all workers in the order of their start.
func workers() []worker {
	return []worker{
		{
			name: "traffic", main: traffic.Main,
			args: func(d *demo, kubeconfig string) []string {
				return []string{"--kubeconfig=" + kubeconfig, "--ledger=redis://" + d.redis, "--listen=" + d.gateway}
			},
			ready: func(d *demo) func(context.Context) error {
				return cluster.AnswersOK(http.DefaultClient, "http://"+d.gateway+"/metrics")
			},
		},
	}
}

// startWorkers starts what stands in for the gateway.
func (d *demo) startWorkers(ctx context.Context) error {
	kubeconfig, err := d.plane.WriteKubeconfig(d.home.run(), "workers.kubeconfig", cluster.Admin())
	if err != nil {
		return err
	}
	ports, err := cluster.FreePorts(1)
	if err != nil {
		return err
	}
	d.gateway = cluster.Loopback(ports[0])
	d.board.address("traffic", "http://"+d.gateway+"/metrics")
	for _, w := range workers() {
		err := d.board.do(w.name, func() error {
			spec := supervise.Spec{
				Name: w.name, Path: d.home.program(), Args: append([]string{w.name}, w.args(d, kubeconfig)...), Dir: d.home.root,
				LogFile: filepath.Join(d.home.run(), w.name+".log"), Restart: true,
			}
			if w.ready != nil {
				spec.Ready = w.ready(d)
			}
			_, err := d.env.Group.Start(ctx, spec)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// itemTimeout is longer than a request, a scrape and the minute for which usage waits for late samples.
const itemTimeout = 5 * time.Minute

// awaitItem waits until the API lists an item, in any namespace, that is as wanted. A nil wanted takes any.
func (d *demo) awaitItem(ctx context.Context, resource string, wanted func(item) bool) error {
	ctx, cancel := context.WithTimeout(ctx, itemTimeout)
	defer cancel()
	for {
		out, _, err := d.admin.Run(ctx, "get", resource+".metering.tollgate.dev", "-A", "-o", "json")
		if err == nil {
			var list struct{ Items []item }
			if err := json.Unmarshal([]byte(out), &list); err != nil {
				return fmt.Errorf("reading %s: %w", resource, err)
			}
			if slices.ContainsFunc(list.Items, func(i item) bool { return wanted == nil || wanted(i) }) {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("there are none after %s, see limits.log, traffic.log and tollgate-apiserver.log in %s; the last answer's error: %v",
				itemTimeout, d.home.run(), err)
		case <-time.After(time.Second):
		}
	}
}

// item is what the demo looks at in a budget or a usage.
type item struct{ Status struct{ Spent string } }

// spent tells whether a budget's amount is known and more than nothing.
func spent(i item) bool { return strings.Trim(i.Status.Spent, "0.") != "" }
