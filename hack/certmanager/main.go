// Command certmanager is the part of cert-manager that issues the certificates of manifests: its own controllers for Certificates of
// self-signed and CA Issuers, and its injector of authorities, in one process and by the versions of go.mod. The main packages of
// cert-manager are not in its module, so this one wires them; ACME, the other issuers and cert-manager's webhook are left out.
//
//	certmanager --kubeconfig FILE --health ADDRESS
//
// It is a module of its own, so that nothing of cert-manager reaches the product. make build makes bin/certmanager, and tests run it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sync/errgroup"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "certmanager:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("certmanager", flag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "who it is to which kube-apiserver")
	health := flags.String("health", "", "the address, host:port, of /readyz")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *kubeconfig == "" || *health == "" {
		return errors.New("give --kubeconfig and --health")
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return issue(ctx, *kubeconfig) })
	group.Go(func() error { return inject(ctx, *kubeconfig, *health) })
	return group.Wait()
}
