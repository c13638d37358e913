package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"tollgate.dev/tollgate/hack/balance"
)

// balancerCommand is the subcommand of the balancer.
const balancerCommand = "balancer"

// balancerMain stands in for kube-proxy: it hands connections to the replicas of the webhook that are ready. Its arguments are
// flags: --listen, and --replica NAME=ADDRESS,HEALTH for each.
func balancerMain(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("balancer", flag.ContinueOnError)
	listen := fs.String("listen", "127.0.0.1:0", "address that kube-apiserver calls")
	var replicas [][3]string
	fs.Func("replica", "NAME=ADDRESS,HEALTH", func(s string) error {
		name, rest, named := strings.Cut(s, "=")
		address, health, ok := strings.Cut(rest, ",")
		if !named || !ok {
			return fmt.Errorf("%q is not NAME=ADDRESS,HEALTH", s)
		}
		replicas = append(replicas, [3]string{name, address, health})
		return nil
	})
	if err := fs.Parse(args); err != nil {
		return err
	}
	b, err := balance.New(*listen)
	if err != nil {
		return err
	}
	defer b.Close()
	for _, r := range replicas {
		b.Add(r[0], r[1], r[2])
	}
	<-ctx.Done()
	return nil
}
