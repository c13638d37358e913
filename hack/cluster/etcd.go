package cluster

import (
	"context"
	"fmt"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/supervise"
)

// Etcd is a running etcd of one member.
type Etcd struct {
	*supervise.Process
	// URL is where clients reach it, in plain HTTP.
	URL string
}

// StartEtcd starts etcd. It does not fsync: a crash of the machine may lose its data, a kill of the process does not.
func StartEtcd(ctx context.Context, env Env) (*Etcd, error) {
	ports, err := FreePorts(2)
	if err != nil {
		return nil, err
	}
	client, peer := "http://"+Loopback(ports[0]), "http://"+Loopback(ports[1])
	p, err := env.start(ctx, binaries.Etcd, supervise.Spec{
		Name: "etcd",
		Args: []string{
			"--name=default", "--data-dir=data", "--unsafe-no-fsync", "--log-level=warn",
			"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
			"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer, "--initial-cluster=default=" + peer,
		},
		Ready: AnswersOK(plainClient(), client+"/health"),
	})
	if err != nil {
		return nil, fmt.Errorf("starting etcd: %w", err)
	}
	return &Etcd{Process: p, URL: client}, nil
}
